// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Where each server of the enterprise listens; everything that has a URL in its name follows from these.
package struct DemoAddresses: Hashable, Sendable {
    /// The origin of the identity provider, which is its issuer identifier as well.
    package var identityProvider: String
    /// The origin of the resource authorization server, which is its issuer identifier as well.
    package var authorizationServer: String
    /// The origins of the MCP servers.
    package var mcpServers: [MCPServerName: String]
    /// The origin of the administration endpoint.
    package var administration: String
    /// The origin of the authorization server at which users consent, which is its issuer identifier as well.
    package var consentServer: String
    /// The origin of the server that exchanges ID tokens, which is its issuer identifier as well.
    package var exchangeServer: String

    package init(
        identityProvider: String,
        authorizationServer: String,
        mcpServers: [MCPServerName: String],
        administration: String,
        consentServer: String,
        exchangeServer: String
    ) {
        self.identityProvider = identityProvider
        self.authorizationServer = authorizationServer
        self.mcpServers = mcpServers
        self.administration = administration
        self.consentServer = consentServer
        self.exchangeServer = exchangeServer
    }

    /// Takes what was listened on, or `nil` as long as a server does not listen yet.
    init?(_ origins: [DemoServerName: String]) {
        guard let identityProvider = origins[.identityProvider], let administration = origins[.administration],
            let authorizationServer = origins[.authorizationServer], let consentServer = origins[.consentServer],
            let exchangeServer = origins[.exchangeServer]
        else { return nil }
        var mcpServers: [MCPServerName: String] = [:]
        for name in MCPServerName.allCases {
            guard let origin = origins[.mcpServer(name)] else { return nil }
            mcpServers[name] = origin
        }
        self.init(
            identityProvider: identityProvider,
            authorizationServer: authorizationServer,
            mcpServers: mcpServers,
            administration: administration,
            consentServer: consentServer,
            exchangeServer: exchangeServer
        )
    }

    /// Where the identity provider turns grants into tokens.
    package var identityProviderTokenEndpoint: String { identityProvider + "/token" }
    /// Where the resource authorization server turns ID-JAGs into access tokens.
    package var authorizationServerTokenEndpoint: String { authorizationServer + "/token" }
    /// Where the exchange server turns ID tokens of the identity provider into its own.
    package var exchangeServerTokenEndpoint: String { exchangeServer + "/token" }
    /// Where users of the demonstration get an ID token without a browser.
    package var signIn: String { identityProvider + "/demo/sign-in" }

    /// Whose tokens an MCP server takes; `nil` for one that takes none.
    func issuer(of name: MCPServerName) -> String? {
        switch name.mode {
        case .managed: authorizationServer
        case .consent: consentServer
        case .exchanged: exchangeServer
        case .forwarded: identityProvider
        case .open: nil
        }
    }

    /// The URL of an MCP server, which is its resource identifier as well.
    package func resource(_ name: MCPServerName) -> String { origin(of: name) + "/mcp" }

    /// Where an MCP server says which authorization server it trusts
    /// ([RFC 9728 §3.1](https://www.rfc-editor.org/rfc/rfc9728#section-3.1)).
    package func resourceMetadata(_ name: MCPServerName) -> String {
        origin(of: name) + "/.well-known/oauth-protected-resource/mcp"
    }

    /// The initialiser that the servers use leaves none out; a missing one has an address that nobody listens on.
    private func origin(of name: MCPServerName) -> String { mcpServers[name] ?? "http://127.0.0.1:0" }
}
