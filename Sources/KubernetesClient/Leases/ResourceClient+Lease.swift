// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

extension ResourceClient where Resource == Lease {
    /// Replaces a Lease, if it is still the one that `lease` was made from; else that is ``APIError/Code/conflict``.
    package func update(_ lease: Lease) async throws -> Lease {
        try await object(.update(lease.json, to: lease.metadata.key, of: Lease.resourceType))
    }
}
