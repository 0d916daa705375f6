// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A server with a port of its own.
package enum DemoServerName: Hashable, Sendable, CaseIterable {
    case identityProvider
    case authorizationServer
    case mcpServer(MCPServerName)
    case administration
    case consentServer
    case exchangeServer

    /// In the order of their ports.
    package static let allCases: [DemoServerName] =
        [.identityProvider, .authorizationServer] + MCPServerName.managed.map(DemoServerName.mcpServer)
        + [.administration, .consentServer, .mcpServer(.notes)]
        + [.exchangeServer, .mcpServer(.calendar), .mcpServer(.directory), .mcpServer(.handbook)]

    /// What people call it.
    package var title: String {
        switch self {
        case .identityProvider: "identity provider"
        case .authorizationServer: "authorization server"
        case .mcpServer(let name): "MCP server '\(name.rawValue)'"
        case .administration: "administration"
        case .consentServer: "consent server"
        case .exchangeServer: "exchange server"
        }
    }
}
