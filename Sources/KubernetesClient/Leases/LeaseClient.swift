// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// Reads, writes and watches one Lease.
///
/// Every method throws ``APIError``, or `CancellationError`.
package struct LeaseClient: Sendable {
    /// How long one request may take: two must fit into the time in which a leader has to renew.
    package static var requestTimeout: Duration { .seconds(5) }
    /// How long a watch may be silent; a leader renews every few seconds.
    private static var longestSilence: Duration { .seconds(60) }
    private static var watchTimeout: Duration { .seconds(300) }

    /// Which Lease.
    package let key: ObjectKey
    private let leases: ResourceClient<Lease>

    /// Makes a client that shares the connections of `client`.
    ///
    /// That should be a client of its own, named `… leader-election` in its user agent, so that lists and other long
    /// answers never keep a renewal waiting.
    package init(_ key: ObjectKey, client: ClusterClient) {
        self.key = key
        leases = client.withObjectDeadline(Self.requestTimeout).resources(in: .namespace(key.namespace))
    }

    /// Reads the Lease; `nil` if there is none.
    package func get() async throws -> Lease? {
        do {
            return try await leases.get(key)
        } catch let error as APIError where error.code == .notFound {
            return nil
        }
    }

    /// Creates the Lease; ``APIError/Code/notFound`` means that its namespace does not exist.
    package func create(_ lease: Lease) async throws -> Lease {
        try await leases.create(lease.json, namespace: key.namespace)
    }

    /// Replaces the Lease, if nobody else has changed it since `lease` was read; else that is
    /// ``APIError/Code/conflict``.
    package func update(_ lease: Lease) async throws -> Lease { try await leases.update(lease) }

    /// Follows the changes of the Lease after a version, until the server ends it.
    ///
    /// A right to watch the one Lease by name is enough.
    package func watch(after version: ResourceVersion) async throws -> WatchSequence<Lease> {
        try await leases.watch(
            WatchOptions(
                resourceVersion: version,
                timeout: Self.watchTimeout,
                idleDeadline: Self.longestSilence,
                fieldSelector: "metadata.name=\(key.name)"
            )
        )
    }
}
