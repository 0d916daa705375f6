// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import KubernetesClient
import MCPServerAPI

/// Reads MCPServers from the store that follows the cluster.
struct ClusterServerReader: ServerReader {
    let store: Store<MCPServer>
    let outlines: ResourceClient<MCPServerOutline>

    func server(_ key: ObjectKey) async throws -> ServerRecord? {
        let snapshot = store.snapshot()
        if let server = snapshot[key] { return ServerRecord(server) }
        guard let invalid = snapshot.invalid[key] else { return nil }
        let outline: MCPServerOutline
        do {
            outline = try await outlines.get(key)
        } catch let error as APIError where error.code == .notFound {
            return nil
        }
        // The object has been replaced since; the watch will say so.
        guard outline.metadata.uid == invalid.metadata.uid else { return nil }
        return ServerRecord(
            metadata: invalid.metadata,
            content: .undecodable(invalid.error),
            status: outline.status
        )
    }
}
