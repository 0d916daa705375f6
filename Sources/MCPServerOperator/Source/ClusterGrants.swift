// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import KubernetesClient
import Logging
import MCPServerAPI
import NIOConcurrencyHelpers

/// Follows `ReferenceGrant`s where the cluster has that kind.
///
/// Its CRD is optional: a cluster without it has no grants, and is asked again every minute. That holds for one that
/// loses it later too, once several answers in a row have said so: an API server that starts says it of every kind.
final class ClusterGrants: GrantReader, SyncedSource {
    static let retry = Duration.seconds(60)
    /// How many answers that the kind is gone are believed; with the reflector's pauses they span at least 12 s.
    static let absenceLimit = 5

    private enum Presence {
        case unknown
        /// The cluster has no such kind, or does not let the operator see it.
        case absent
        case followed
    }
    private let stores: ClusterStores
    private let presence = NIOLockedValueBox<[NamespaceScope: Presence]>([:])
    private let clock: any Clock<Duration>
    private let logger: Logger

    init(stores: ClusterStores, clock: any Clock<Duration>, logger: Logger) {
        self.stores = stores
        self.clock = clock
        self.logger = logger
    }

    func permitsSecret(_ secret: ObjectKey, from namespace: String) -> Bool {
        let source = ReferenceGrant.Source(
            group: MCPServer.resourceType.group,
            kind: MCPServer.resourceType.kind,
            namespace: namespace
        )
        let snapshot = stores.grants.snapshot()
        return snapshot.keys(in: ClusterStores.grantsByNamespace, for: secret.namespace).contains { key in
            snapshot[key]?.permits(source, toReach: secret.name, group: "", kind: "Secret") == true
        }
    }

    /// Asks whether the kind is there, and follows it from when it is, until the task is cancelled.
    func run(
        _ client: ResourceClient<ReferenceGrant>,
        in scope: NamespaceScope,
        _ reflector: Reflector<ReferenceGrant>
    ) async throws {
        while true {
            do {
                _ = try await client.list(ListOptions(limit: 1))
                presence.withLockedValue { $0[scope] = .followed }
                guard let error = await reflector.run() else { return }
                mark(scope, "No ReferenceGrants any more: the cluster has lost this kind", error)
            } catch let error as APIError {
                switch error.code {
                case .notFound, .methodNotSupported:
                    mark(scope, "No ReferenceGrants: the cluster does not have this kind", error)
                case .forbidden:
                    mark(scope, "No ReferenceGrants: the operator may not list them", error)
                default:
                    // Not an answer. Grants that may exist are not taken for absent; ask again soon.
                    try await clock.sleep(for: .seconds(2))
                    continue
                }
            }
            try await clock.sleep(for: Self.retry)
        }
    }

    private func mark(_ scope: NamespaceScope, _ message: Logger.Message, _ error: APIError) {
        let before = presence.withLockedValue { presence in
            defer { presence[scope] = .absent }
            return presence[scope]
        }
        if before != .absent { logger.info(message, metadata: ["error": "\(error)"]) }
    }

    /// Returns once it is known of every scope that there are no grants, or which.
    ///
    /// Reconciling before would take away what a grant permits.
    func waitUntilSynced(timeout: Duration?, clock: any Clock<Duration>) async throws {
        while true {
            let presence = presence.withLockedValue { $0 }
            let isKnown = stores.scopes.allSatisfy { scope in
                presence[scope] == .absent
                    || (presence[scope] == .followed && stores.grants.syncedTo(in: scope) != nil)
            }
            if isKnown { return }
            try await clock.sleep(for: .milliseconds(20))
        }
    }
}
