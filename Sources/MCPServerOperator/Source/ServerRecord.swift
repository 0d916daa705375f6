// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
package import KubernetesAPI
package import MCPServerAPI

/// An MCPServer as its source has it, readable or not.
package struct ServerRecord: Sendable {
    /// The specification, or why it could not be read.
    package enum Content: Sendable {
        case spec(MCPServerSpec)
        case undecodable(JSONDecodingError)
    }

    package var metadata: ObjectMeta
    /// The server, or why it cannot be read.
    package var content: Content
    /// The status that was last seen.
    package var status: MCPServerStatus?
    /// What the source itself found wrong: an unknown field in a file, for example.
    package var findings: [ValidationProblem]

    package init(
        metadata: ObjectMeta,
        content: Content,
        status: MCPServerStatus?,
        findings: [ValidationProblem] = []
    ) {
        self.metadata = metadata
        self.content = content
        self.status = status
        self.findings = findings
    }

    package init(_ server: MCPServer) {
        self.init(metadata: server.metadata, content: .spec(server.spec), status: server.status)
    }
}

/// Reads the MCPServers of a cluster or of a folder.
package protocol ServerReader: Sendable {
    /// The object as its source has it now; `nil` if there is none.
    ///
    /// - Throws: ``APIError`` for a failure that may pass, or `CancellationError`.
    func server(_ key: ObjectKey) async throws -> ServerRecord?
}
