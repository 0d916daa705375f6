// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension JSONLimits {
    /// For what an API server sends: without `managedFields`, which are half of a typical object and read by nobody here.
    package static let kubernetesObject = JSONLimits(omitted: Member("managedFields", of: "metadata"))
}
