// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

extension SpecReader {
    static let auth = spec.field("auth")

    /// Exactly one mode, complete.
    ///
    /// The values of blocks that are switched off are checked too, as the API server does, but not their completeness.
    mutating func readAuth(_ auth: MCPServerSpec.Auth?, server: AbsoluteURL?) -> AuthConfiguration? {
        guard let auth else { return AuthConfiguration.none }
        let modes = auth.enabledModes
        readMode(auth, modes)
        let audiences = readRequiredAudiences(auth.requiredAudiences, modes: modes)
        let pinned = readAuthorizationServer(auth.authorizationServer, modes: modes)
        let exchange = readTokenExchange(auth.tokenExchange, audiences: audiences)
        let enterprise = readEnterpriseIdP(auth.enterpriseIdP, server: server)
        guard modes.count == 1, let mode = modes.first else { return nil }
        switch mode {
        case .none: return AuthConfiguration.none
        case .oauth: return .oauth(AuthConfiguration.AuthorizationCode(authorizationServer: pinned))
        case .forwardToken:
            return .forwardToken(AuthConfiguration.TokenForwarding(requiredAudiences: audiences))
        case .tokenExchange: return exchange.map(AuthConfiguration.tokenExchange)
        case .enterpriseIdP: return enterprise.map(AuthConfiguration.enterpriseIdP)
        }
    }

    private mutating func readMode(_ auth: MCPServerSpec.Auth, _ modes: [AuthMode]) {
        if let type = auth.type, ![AuthMode.none.rawValue, AuthMode.oauth.rawValue].contains(type) {
            findings.reject(
                Self.auth.field("type"),
                found: type,
                but: "there is no such type",
                write: "Write none or oauth, or remove the field and use another mode."
            )
        } else if modes.isEmpty {
            findings.reject(
                Self.auth,
                "switches no mode on, but a mode that is meant must be written",
                write: "Write one of: "
                    + AuthMode.allCases.map(\.switchedOnBy).joined(separator: "; ") + "."
            )
        }
        if modes.count > 1 {
            findings.reject(
                Self.auth,
                "switches several modes on: " + modes.map(\.switchedOnBy).joined(separator: "; "),
                write: "Keep exactly one of them."
            )
        }
        if auth.tokenExchange != nil, auth.tokenExchange?.enabled != true {
            findings.note(Self.auth.field("tokenExchange"), "counts as absent, because it does not say enabled: true.")
        }
        if auth.enterpriseIdP != nil, auth.enterpriseIdP?.enabled != true {
            findings.note(Self.auth.field("enterpriseIdP"), "counts as absent, because it does not say enabled: true.")
        }
    }

    private mutating func readRequiredAudiences(_ audiences: [String]?, modes: [AuthMode]) -> [String] {
        guard let audiences, !audiences.isEmpty else { return [] }
        let field = Self.auth.field("requiredAudiences")
        if !modes.contains(.forwardToken), !modes.contains(.tokenExchange) {
            findings.reject(
                field,
                "is a rule for identity tokens, but no mode that sends one is switched on",
                write: "Remove it, or use forwardToken or tokenExchange."
            )
        }
        if audiences.count > 16 {
            findings.reject(field, "has \(audiences.count) entries, but at most 16 are allowed", write: "Remove some.")
        }
        for (position, audience) in audiences.enumerated() {
            let place = field.appending(.index(position))
            _ = readPrintable(audience, at: place, limit: 512)
            if audiences[..<position].contains(audience) {
                findings.reject(place, found: audience, but: "it is there twice", write: "Remove one of them.")
            }
        }
        return audiences
    }

    private mutating func readAuthorizationServer(
        _ block: MCPServerSpec.AuthorizationServer?,
        modes: [AuthMode]
    ) -> AuthConfiguration.PinnedAuthorizationServer? {
        guard let block else { return nil }
        let field = Self.auth.field("authorizationServer")
        if !modes.contains(.oauth) {
            findings.reject(
                field,
                "is used only by the authorization code flow",
                write: "Remove it, or write type: oauth beside it."
            )
        }
        if block.issuer == nil {
            findings.rejectMissing(
                field.field("issuer"),
                because: "an authorization server is known by its issuer",
                write: "Write the issuer from its metadata, character for character."
            )
        }
        let issuer = readIssuer(block.issuer, at: field.field("issuer"))
        let scopes = readScopes(block.scopes, at: field.field("scopes"))
        let authorization = readURL(
            block.authorizationEndpoint,
            at: field.field("authorizationEndpoint"),
            for: .authorization
        )
        let token = readURL(block.tokenEndpoint, at: field.field("tokenEndpoint"), for: .authorization)
        if (block.authorizationEndpoint == nil) != (block.tokenEndpoint == nil) {
            findings.rejectMissing(
                field.field(block.tokenEndpoint == nil ? "tokenEndpoint" : "authorizationEndpoint"),
                because: "the two endpoints belong together",
                write: "Write both, or neither to use the issuer's metadata."
            )
        }
        let client = readClient(
            block.clientCredentialsSecretRef,
            method: block.clientAuthMethod,
            assertionAudience: nil,
            at: field
        )
        guard let issuer, let scopes else { return nil }
        var endpoints: AuthConfiguration.PinnedAuthorizationServer.Endpoints?
        if let authorization, let token { endpoints = .init(authorization: authorization, token: token) }
        return AuthConfiguration.PinnedAuthorizationServer(
            issuer: issuer,
            scopes: scopes,
            endpoints: endpoints,
            client: client
        )
    }

    private mutating func readTokenExchange(
        _ block: MCPServerSpec.TokenExchange?,
        audiences: [String]
    ) -> AuthConfiguration.TokenExchange? {
        guard let block else { return nil }
        let field = Self.auth.field("tokenExchange")
        let isEnabled = block.enabled == true
        if isEnabled, block.dexTokenEndpoint == nil {
            findings.rejectMissing(
                field.field("dexTokenEndpoint"),
                because: "the exchange needs a place to happen",
                write: "Write the Dex's token endpoint, as in https://dex.example/token."
            )
        }
        if isEnabled, block.connectorId == nil {
            findings.rejectMissing(
                field.field("connectorId"),
                because: "Dex asks which of its connectors trusts the user's issuer",
                write: "Write the id of that connector."
            )
        }
        let endpoint = readURL(block.dexTokenEndpoint, at: field.field("dexTokenEndpoint"), for: .authorization)
        let issuer = readExpectedIssuer(block, endpoint: endpoint, at: field.field("expectedIssuer"))
        let connector = readIdentifier(block.connectorId, at: field.field("connectorId"))
        let scopes = readScopes(block.scopes ?? "openid profile email groups", at: field.field("scopes"))
        let client = readClient(block.clientCredentialsSecretRef, method: nil, assertionAudience: nil, at: field)
        guard isEnabled, let endpoint, let issuer, let connector, let scopes else { return nil }
        return AuthConfiguration.TokenExchange(
            tokenEndpoint: endpoint,
            expectedIssuer: issuer,
            connectorID: connector,
            scopes: scopes,
            requiredAudiences: audiences,
            client: client
        )
    }

    /// The issuer that is given, or else the endpoint without its last `/token`.
    private mutating func readExpectedIssuer(
        _ block: MCPServerSpec.TokenExchange,
        endpoint: AbsoluteURL?,
        at field: JSONPointer
    ) -> Issuer? {
        if block.expectedIssuer != nil { return readIssuer(block.expectedIssuer, at: field) }
        guard let endpoint, block.enabled == true else { return nil }
        guard endpoint.text.hasSuffix("/token") else {
            findings.rejectMissing(
                field,
                because: "it cannot be told from a token endpoint that does not end in /token",
                write: "Write the issuer of that Dex."
            )
            return nil
        }
        return readIssuer(String(endpoint.text.dropLast("/token".count)), at: field)
    }
}
