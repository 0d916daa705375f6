// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension DemoManifests {
    /// The lines below `auth` of a server's manifest.
    func authentication(_ name: MCPServerName) -> [String] {
        switch name.mode {
        case .managed: enterpriseIdP(name)
        case .consent: ["type: oauth"]
        case .exchanged: tokenExchange(name)
        case .forwarded: ["forwardToken: true", "requiredAudiences: [\(name.audience)]"]
        case .open: ["type: none"]
        }
    }

    private func enterpriseIdP(_ name: MCPServerName) -> [String] {
        [
            "enterpriseIdP:",
            "  enabled: true",
            "  idp: enterprise",
            "  mcpAuthServerIssuer: \(quoted(enterprise.addresses.authorizationServer))",
            "  scopes: \(name.readScope)",
            "  stepUpScopes: \(name.writeScope)",
            "  mcpAuthServerClient:",
            "    clientCredentialsSecretRef: {name: gateway-client}",
            "    clientAuthMethod: \(method(name).rawValue)",
        ]
    }

    /// One of each, so that both are tried.
    private func method(_ name: MCPServerName) -> RegisteredClient.Method {
        name == .todo ? .clientSecretBasic : .privateKeyJWT
    }

    private func tokenExchange(_ name: MCPServerName) -> [String] {
        [
            "requiredAudiences: [\(name.audience)]",
            "tokenExchange:",
            "  enabled: true",
            "  dexTokenEndpoint: \(quoted(enterprise.addresses.exchangeServerTokenEndpoint))",
            "  expectedIssuer: \(quoted(enterprise.addresses.exchangeServer))",
            "  connectorId: \(ExchangeServer.connector)",
            "  scopes: openid email",
            "  clientCredentialsSecretRef: {name: \(Self.exchangeSecret)}",
        ]
    }
}
