// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import MCPServerAPI

/// What the operator keeps of a cluster: whole MCPServers and grants, and of Secrets nothing but that they exist.
struct ClusterStores: Sendable {
    /// Finds the servers that refer to a Secret, there or not yet there.
    static let bySecret = StoreIndex<MCPServer, ObjectKey>("secret") { server in
        server.credentialReferences.map(\.credentials.reference.key)
    }
    /// Finds the servers that refer to Secrets of a namespace other than their own.
    static let byGrantingNamespace = StoreIndex<MCPServer, String>("granting namespace") { server in
        server.credentialReferences.map(\.credentials.reference).filter(\.isCrossNamespace).map(\.key.namespace)
    }
    static let grantsByNamespace = StoreIndex<ReferenceGrant, String>("namespace") { [$0.metadata.namespace] }

    /// The scopes that are watched: the whole cluster, or each namespace by itself.
    let scopes: [NamespaceScope]
    let servers: Store<MCPServer>
    let secrets: Store<PartialObjectMetadata<Secret>>
    let grants: Store<ReferenceGrant>

    init(watchNamespaces: [String]) {
        scopes = watchNamespaces.isEmpty ? [.cluster] : Set(watchNamespaces).sorted().map(NamespaceScope.namespace)
        let texts = SharedTexts()
        servers = Store(scopes: scopes, indexes: [Self.bySecret, Self.byGrantingNamespace]) { server in
            var server = server
            // Nothing here reads these.
            (server.metadata.labels, server.metadata.annotations) = ([:], [:])
            server.status = server.status.map(texts.sharing)
            return server
        }
        secrets = Store(scopes: scopes) { secret in
            // Labels and annotations are read from the Secret itself, if it is ever needed.
            PartialObjectMetadata(
                metadata: ObjectMeta(
                    name: secret.metadata.name,
                    namespace: secret.metadata.namespace,
                    uid: secret.metadata.uid,
                    resourceVersion: secret.metadata.resourceVersion
                )
            )
        }
        grants = Store(scopes: scopes, indexes: [Self.grantsByNamespace])
    }

    /// Whether Secrets of this namespace are watched.
    func watches(_ namespace: String) -> Bool {
        scopes.contains { $0 == .cluster || $0 == .namespace(namespace) }
    }

    /// The scope that an object of this namespace is watched in.
    func scope(of namespace: String) -> NamespaceScope { scopes.scope(of: namespace) }

    /// Has every change that may concern a server put its key into the queue.
    ///
    /// `isKnown` tells whether a change of a server is one that the operator itself has made.
    func feed(_ queue: WorkQueue<ObjectKey>, isKnown: @escaping @Sendable (StoreChange<MCPServer>) -> Bool) {
        servers.subscribe { if !isKnown($0) { queue.add($0.key, priority: $0.priority) } }
        // Not this whole value: a store that kept itself would never go.
        let (servers, scopes) = (servers, scopes)
        secrets.subscribe { change in
            for key in servers.snapshot().keys(in: Self.bySecret, for: change.key) {
                queue.add(key, priority: change.priority)
            }
        }
        secrets.observeProblems { scope, before, now in
            // A right to see Secrets was taken away or given: whoever uses one there finds out what is true now.
            guard (before?.code == .forbidden) != (now?.code == .forbidden) else { return }
            for server in servers.snapshot().objects {
                let used = server.credentialReferences.map { scopes.scope(of: $0.credentials.reference.key.namespace) }
                if used.contains(scope) { queue.add(server.key, priority: .low) }
            }
        }
        grants.subscribe { change in
            for key in servers.snapshot().keys(in: Self.byGrantingNamespace, for: change.key.namespace) {
                queue.add(key, priority: change.priority)
            }
        }
    }
}

extension [NamespaceScope] {
    /// The one of these that an object of this namespace is watched in.
    fileprivate func scope(of namespace: String) -> NamespaceScope {
        contains(.cluster) ? .cluster : .namespace(namespace)
    }
}
