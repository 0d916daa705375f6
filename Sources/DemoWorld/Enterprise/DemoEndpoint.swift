// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Something that is called: what calls are counted by, and what faults are set on.
package enum DemoEndpoint: Hashable, Sendable, CaseIterable {
    /// The identity provider's discovery document.
    case identityProviderMetadata
    /// The identity provider's keys.
    case identityProviderKeys
    /// The identity provider's token endpoint: refresh and token exchange.
    case identityProviderToken
    /// The demonstration's way to sign in.
    case signIn
    /// The resource authorization server's metadata.
    case authorizationServerMetadata
    /// The resource authorization server's token endpoint.
    case authorizationServerToken
    /// The consent server's metadata.
    case consentMetadata
    /// Where users consent.
    case authorize
    /// The consent server's token endpoint: codes and refresh tokens.
    case consentToken
    /// Where clients of the consent server register themselves.
    case registration
    /// The exchange server's discovery document.
    case exchangeMetadata
    /// The exchange server's keys.
    case exchangeKeys
    /// The exchange server's token endpoint.
    case exchangeToken
    /// What an MCP server says about itself.
    case mcpMetadata(MCPServerName)
    /// An MCP server's only endpoint.
    case mcp(MCPServerName)
    /// A path that a server does not have.
    case unknownPath(DemoServerName)

    /// In the order in which the counters list them.
    package static let allCases: [DemoEndpoint] = {
        var cases: [DemoEndpoint] = [
            .identityProviderMetadata, .identityProviderKeys, .identityProviderToken, .signIn,
            .authorizationServerMetadata, .authorizationServerToken,
            .consentMetadata, .authorize, .consentToken, .registration,
            .exchangeMetadata, .exchangeKeys, .exchangeToken,
        ]
        for name in MCPServerName.allCases { cases += [.mcpMetadata(name), .mcp(name)] }
        for name in DemoServerName.allCases where name != .administration { cases.append(.unknownPath(name)) }
        return cases
    }()

    /// How the administration endpoint names it.
    package var name: String {
        switch self {
        case .identityProviderMetadata: "idp.metadata"
        case .identityProviderKeys: "idp.keys"
        case .identityProviderToken: "idp.token"
        case .signIn: "idp.sign-in"
        case .authorizationServerMetadata: "as.metadata"
        case .authorizationServerToken: "as.token"
        case .consentMetadata: "consent.metadata"
        case .authorize: "consent.authorize"
        case .consentToken: "consent.token"
        case .registration: "consent.register"
        case .exchangeMetadata: "exchange.metadata"
        case .exchangeKeys: "exchange.keys"
        case .exchangeToken: "exchange.token"
        case .mcpMetadata(let name): "\(name.rawValue).metadata"
        case .mcp(let name): "\(name.rawValue).mcp"
        case .unknownPath(.identityProvider): "idp.unknown"
        case .unknownPath(.authorizationServer): "as.unknown"
        case .unknownPath(.mcpServer(let name)): "\(name.rawValue).unknown"
        case .unknownPath(.administration): "demo.unknown"
        case .unknownPath(.consentServer): "consent.unknown"
        case .unknownPath(.exchangeServer): "exchange.unknown"
        }
    }

    /// Finds one by its name.
    package init?(name: String) {
        guard let endpoint = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = endpoint
    }
}
