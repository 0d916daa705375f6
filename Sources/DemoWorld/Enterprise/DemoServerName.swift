// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// An MCP server of the enterprise.
package enum MCPServerName: String, Hashable, Sendable, CaseIterable {
    /// A list of things to do, for everybody.
    case todo
    /// What people earn, for those who may know.
    case payroll
    /// Everybody's own notes, for which each user has to consent.
    case notes

    /// Those that the enterprise's policy decides about; the others ask their users.
    package static let managed: [MCPServerName] = [.todo, .payroll]

    /// The scope that every request needs.
    package var readScope: String { "\(rawValue).read" }
    /// The scope that its second tool needs besides.
    package var writeScope: String { "\(rawValue).write" }
    /// All scopes that it knows.
    package var scopes: Set<String> { [readScope, writeScope] }
}

/// A server with a port of its own.
package enum DemoServerName: Hashable, Sendable, CaseIterable {
    case identityProvider
    case authorizationServer
    case mcpServer(MCPServerName)
    case administration
    case consentServer

    /// In the order of their ports.
    package static let allCases: [DemoServerName] =
        [.identityProvider, .authorizationServer] + MCPServerName.managed.map(DemoServerName.mcpServer)
        + [.administration, .consentServer, .mcpServer(.notes)]

    /// What people call it.
    package var title: String {
        switch self {
        case .identityProvider: "identity provider"
        case .authorizationServer: "authorization server"
        case .mcpServer(let name): "MCP server '\(name.rawValue)'"
        case .administration: "administration"
        case .consentServer: "consent server"
        }
    }
}
