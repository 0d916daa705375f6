// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// How a gateway obtains the access token for an MCP server: one case for each mode of the resource.
package enum RouteAuthentication: Hashable, Sendable {
    /// No token is attached upstream; the caller is still authenticated.
    case none
    case authorizationCode(AuthorizationCode)
    case tokenForwarding(TokenForwarding)
    case tokenExchange(TokenExchange)
    case enterpriseIdP(EnterpriseIdP)

    /// The mode's name in the resource's status and in the stream.
    package var mode: String {
        switch self {
        case .none: "none"
        case .authorizationCode: "oauth"
        case .tokenForwarding: "forwardToken"
        case .tokenExchange: "tokenExchange"
        case .enterpriseIdP: "enterpriseIdP"
        }
    }

    /// The user signs in at the MCP server's own authorization server.
    package struct AuthorizationCode: Hashable, Sendable {
        /// `nil`: the gateway discovers it from the server's protected resource metadata.
        package var issuer: String?
        /// Asked for at authorization; empty leaves them to the server.
        package var scopes: [String]
        /// `nil`: from the server's metadata.
        package var authorizationEndpoint: String?
        /// `nil`: from the server's metadata.
        package var tokenEndpoint: String?
        /// `nil`: the gateway registers itself.
        package var client: RouteClient?

        package init(
            issuer: String?,
            scopes: [String],
            authorizationEndpoint: String?,
            tokenEndpoint: String?,
            client: RouteClient?
        ) {
            self.issuer = issuer
            self.scopes = scopes
            self.authorizationEndpoint = authorizationEndpoint
            self.tokenEndpoint = tokenEndpoint
            self.client = client
        }
    }

    /// The session's own ID token is sent to the MCP server.
    package struct TokenForwarding: Hashable, Sendable {
        /// The token must carry all of these.
        package var requiredAudiences: [String]

        package init(requiredAudiences: [String]) { self.requiredAudiences = requiredAudiences }
    }

    /// RFC 8693 at an endpoint that accepts the identity provider's tokens.
    package struct TokenExchange: Hashable, Sendable {
        /// The configured issuer whose tokens go to ``tokenEndpoint``; `nil` only where everything is trusted.
        package var idpIssuer: String?
        /// Where the user's token is exchanged; trusted with that issuer's tokens.
        package var tokenEndpoint: String
        /// The `iss` that the exchanged token must have.
        package var expectedIssuer: String?
        /// The connector at Dex that trusts the user's issuer.
        package var connectorID: String?
        /// Asked for in the exchange.
        package var scopes: [String]
        /// The user's ID token must carry all of these.
        package var requiredAudiences: [String]
        /// `nil`: the provider's own client from the gateway's configuration.
        package var client: RouteClient?

        package init(
            idpIssuer: String?,
            tokenEndpoint: String,
            expectedIssuer: String?,
            connectorID: String?,
            scopes: [String],
            requiredAudiences: [String],
            client: RouteClient?
        ) {
            self.idpIssuer = idpIssuer
            self.tokenEndpoint = tokenEndpoint
            self.expectedIssuer = expectedIssuer
            self.connectorID = connectorID
            self.scopes = scopes
            self.requiredAudiences = requiredAudiences
            self.client = client
        }
    }

    /// The two legs: an ID-JAG from the identity provider, then an access token from the server's own authorization
    /// server.
    package struct EnterpriseIdP: Hashable, Sendable {
        /// The configured issuer whose tokens go to ``idpTokenEndpoint``; `nil` only where everything is trusted and
        /// none was named.
        package var idpIssuer: String?
        /// Leg 1: where the user's token becomes an ID-JAG; trusted with that issuer's tokens.
        package var idpTokenEndpoint: String
        /// Leg 1's `audience`, byte for byte as the resource has it.
        package var authServerIssuer: String
        /// `nil`: the gateway discovers it from the issuer's metadata.
        package var authServerTokenEndpoint: String?
        /// Whether leg 1 carries `resource`.
        package var sendResource: Bool
        /// Asked for at leg 1.
        package var scopes: [String]
        /// What a 403 `insufficient_scope` may add; empty: no step-up.
        package var stepUpScopes: [String]
        /// `id_token` or `refresh_token`.
        package var subjectTokenType: String
        /// `nil`: the provider's own client from the gateway's configuration.
        package var idpClient: RouteClient?
        /// Leg 2's client at the MCP server's authorization server.
        package var authServerClient: RouteClient
        /// Whether leg 2 carries `resource`.
        package var authServerSendResource: Bool
        /// Caps how long an access token is cached; `nil`: as long as it is valid.
        package var maximumTokenLifetime: Duration?
        /// Accept `token_type: Bearer` in leg 1's answer, which some providers send.
        package var lenientTokenType: Bool

        package init(
            idpIssuer: String?,
            idpTokenEndpoint: String,
            authServerIssuer: String,
            authServerTokenEndpoint: String?,
            sendResource: Bool,
            scopes: [String],
            stepUpScopes: [String],
            subjectTokenType: String,
            idpClient: RouteClient?,
            authServerClient: RouteClient,
            authServerSendResource: Bool,
            maximumTokenLifetime: Duration?,
            lenientTokenType: Bool
        ) {
            self.idpIssuer = idpIssuer
            self.idpTokenEndpoint = idpTokenEndpoint
            self.authServerIssuer = authServerIssuer
            self.authServerTokenEndpoint = authServerTokenEndpoint
            self.sendResource = sendResource
            self.scopes = scopes
            self.stepUpScopes = stepUpScopes
            self.subjectTokenType = subjectTokenType
            self.idpClient = idpClient
            self.authServerClient = authServerClient
            self.authServerSendResource = authServerSendResource
            self.maximumTokenLifetime = maximumTokenLifetime
            self.lenientTokenType = lenientTokenType
        }
    }
}
