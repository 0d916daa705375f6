// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI
import NIOConcurrencyHelpers

/// The present content of a folder of manifests, and the statuses of its servers: what the API server is in a cluster.
final class FolderContents: ServerReader, SecretReader, GrantReader, StatusWriter {
    private struct State {
        var set = ManifestSet()
        var snapshot = ManifestSnapshot()
        var statuses: [ObjectKey: MCPServerStatus] = [:]
    }
    private let state = NIOLockedValueBox(State())
    private let board: StatusBoard
    private let digest: @Sendable (_ bytes: [UInt8]) -> [UInt8]
    private let sinceEpoch: @Sendable () -> Duration

    init(
        board: StatusBoard,
        digest: @escaping @Sendable (_ bytes: [UInt8]) -> [UInt8],
        sinceEpoch: @escaping @Sendable () -> Duration
    ) {
        self.board = board
        self.digest = digest
        self.sinceEpoch = sinceEpoch
    }

    /// Takes changed files in.
    ///
    /// - Returns: The servers that may be affected: changed ones, and those that refer to what changed.
    func load(_ files: [ManifestSource]) -> Set<ObjectKey> {
        let (before, after) = state.withLockedValue { state in
            let before = state.snapshot
            state.set.load(files)
            state.snapshot = ManifestSnapshot(state.set, after: before, digest: digest)
            return (before, state.snapshot)
        }
        board.show(problems: after.problems, otherKinds: after.otherKinds)
        return after.serversAffected(since: before)
    }

    /// Every server there is.
    var serverKeys: [ObjectKey] { state.withLockedValue { $0.snapshot.servers.keys.sorted() } }

    func server(_ key: ObjectKey) async throws -> ServerRecord? {
        state.withLockedValue { state in
            guard var record = state.snapshot.servers[key] else { return nil }
            record.status = state.statuses[key]
            return record
        }
    }

    func secret(_ key: ObjectKey) async throws -> SecretLookup {
        state.withLockedValue { $0.snapshot.secrets[key].map(SecretLookup.found) ?? .notFound }
    }

    func permitsSecret(_ secret: ObjectKey, from namespace: String) -> Bool {
        state.withLockedValue { $0.snapshot.permitsSecret(secret, from: namespace) }
    }

    func write(_ status: MCPServerStatus, to metadata: ObjectMeta) async throws -> ResourceVersion? {
        let url = state.withLockedValue { state -> String? in
            guard let record = state.snapshot.servers[metadata.key], record.metadata.uid == metadata.uid else {
                return nil
            }
            state.statuses[metadata.key] = status
            guard case .spec(let spec) = record.content else { return "" }
            return spec.url ?? ""
        }
        guard let url else { return nil }
        board.show(StatusBoard.Row(key: metadata.key, url: url, status: status, firstSeen: sinceEpoch()))
        return metadata.resourceVersion
    }

    func forget(_ key: ObjectKey) {
        let isGone = state.withLockedValue { state in
            guard state.snapshot.servers[key] == nil else { return false }
            state.statuses[key] = nil
            return true
        }
        if isGone { board.remove(key) }
    }
}

extension ManifestSnapshot {
    /// Whether a grant among the files lets MCPServers of `namespace` refer to the Secret.
    func permitsSecret(_ secret: ObjectKey, from namespace: String) -> Bool {
        let source = ReferenceGrant.Source(
            group: MCPServer.resourceType.group,
            kind: MCPServer.resourceType.kind,
            namespace: namespace
        )
        return grants.contains {
            $0.metadata.namespace == secret.namespace
                && $0.permits(source, toReach: secret.name, group: "", kind: Secret.resourceType.kind)
        }
    }

    /// The servers whose own content changed, or that of something they refer to.
    func serversAffected(since before: ManifestSnapshot) -> Set<ObjectKey> {
        var affected: Set<ObjectKey> = []
        for (key, record) in servers where !record.isSame(as: before.servers[key]) { affected.insert(key) }
        affected.formUnion(before.servers.keys.filter { servers[$0] == nil })
        let changedSecrets = Set(secrets.keys).union(before.secrets.keys).filter { secrets[$0] != before.secrets[$0] }
        let grantsChanged = grants != before.grants
        guard grantsChanged || !changedSecrets.isEmpty else { return affected }
        for (key, record) in servers {
            guard case .spec(let spec) = record.content else { continue }
            let references = MCPServer(metadata: record.metadata, spec: spec).credentialReferences
                .map(\.credentials.reference)
            let isAffected = references.contains {
                changedSecrets.contains($0.key) || (grantsChanged && $0.isCrossNamespace)
            }
            if isAffected { affected.insert(key) }
        }
        return affected
    }
}

extension ServerRecord {
    /// Whether two records of one file object have the same content.
    func isSame(as other: ServerRecord?) -> Bool {
        other?.metadata == metadata && other?.findings == findings
    }
}
