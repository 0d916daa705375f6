// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import KubernetesClient
import MCPServerAPI

/// Writes statuses by server-side apply: one patch each, under a field manager of its own.
///
/// The API server checks neither uid nor version on this path. A namesake made in the meantime gets the old one's status
/// for the moment until its own event is reconciled.
struct ClusterStatusWriter: StatusWriter {
    static let fieldManager = "sallyport-operator-status"

    /// Asked for nothing but metadata: of the answer only the version is read.
    let servers: ResourceClient<PartialObjectMetadata<MCPServer>>
    /// Whether this replica is the one that writes; asked before each write.
    let mayWrite: @Sendable () -> Bool

    func write(_ status: MCPServerStatus, to metadata: ObjectMeta) async throws -> ResourceVersion? {
        guard mayWrite() else { return nil }
        let body: JSONValue = [
            "apiVersion": .string(MCPServer.resourceType.apiVersion),
            "kind": .string(MCPServer.resourceType.kind),
            "metadata": ["name": .string(metadata.name), "namespace": .string(metadata.namespace)],
            "status": status.appliedJSON,
        ]
        do {
            // Forced: no other writer has a say in these fields, so whoever took one over was mistaken.
            let written = try await servers.apply(
                body,
                to: metadata.key,
                fieldManager: Self.fieldManager,
                force: true,
                subresource: .status
            )
            return written.metadata.resourceVersion
        } catch let error as APIError where error.code == .notFound {
            return nil
        }
    }

    func forget(_ key: ObjectKey) {}
}
