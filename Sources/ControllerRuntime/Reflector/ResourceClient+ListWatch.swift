// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesClient

extension ResourceClient: ListWatch {
    /// What is listed is what the client reads.
    package typealias Object = Resource
}
