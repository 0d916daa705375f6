// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
package import KubernetesClient

/// Holds the one Lease of an election, for a ``LeaderElector``.
///
/// `LeaseClient` is the real one. Every method throws ``APIError``, or `CancellationError`.
package protocol LeaseStore: Sendable {
    associatedtype Changes: AsyncSequence where Changes.Element == WatchEvent<Lease>

    /// The Lease as it is now, or `nil` if there is none.
    func read() async throws -> Lease?

    /// Creates a Lease that has no version yet, and replaces one that has, if nobody else was faster.
    ///
    /// - Throws: ``APIError`` with `conflict` or `alreadyExists` if somebody was.
    func write(_ lease: Lease) async throws -> Lease

    /// What happens to the Lease after a version.
    func changes(after version: ResourceVersion) async throws -> Changes
}

extension LeaseClient: LeaseStore {
    /// What a watch of the Lease gives.
    package typealias Changes = WatchSequence<Lease>

    package func read() async throws -> Lease? { try await get() }

    package func write(_ lease: Lease) async throws -> Lease {
        lease.metadata.resourceVersion.rawValue.isEmpty ? try await create(lease) : try await update(lease)
    }

    package func changes(after version: ResourceVersion) async throws -> WatchSequence<Lease> {
        try await watch(after: version)
    }
}
