// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import KubernetesClient
import MCPServerAPI

/// Writes statuses by server-side apply: one patch each, under a field manager of its own.
struct ClusterStatusWriter: StatusWriter {
    static let fieldManager = "sallyport-operator-status"

    let servers: ResourceClient<MCPServerOutline>

    func write(_ status: MCPServerStatus, to metadata: ObjectMeta) async throws -> ResourceVersion? {
        let body: JSONValue = [
            "apiVersion": .string(MCPServer.resourceType.apiVersion),
            "kind": .string(MCPServer.resourceType.kind),
            "metadata": [
                "name": .string(metadata.name), "namespace": .string(metadata.namespace),
                // A namesake made since must not get this one's status.
                "uid": .string(metadata.uid),
            ],
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
