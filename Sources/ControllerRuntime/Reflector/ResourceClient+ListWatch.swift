// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesClient

extension ResourceClient: ListWatch {
    package typealias Object = Resource
}
