// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// How to authenticate to an MCP server, parsed and with every default filled in.
///
/// Exists only for a spec without problems, so nobody who has one needs to check it again.
package enum AuthConfiguration: Hashable, Sendable {
    case none
    case oauth(AuthorizationCode)
    case forwardToken(TokenForwarding)
    case tokenExchange(TokenExchange)
    case enterpriseIdP(EnterpriseIdP)

    /// The word for it.
    package var mode: AuthMode {
        switch self {
        case .none: .none
        case .oauth: .oauth
        case .forwardToken: .forwardToken
        case .tokenExchange: .tokenExchange
        case .enterpriseIdP: .enterpriseIdP
        }
    }
}

extension AuthConfiguration {
    /// The authorization code flow.
    package struct AuthorizationCode: Hashable, Sendable {
        /// `nil`: found by the server's protected resource metadata.
        package var authorizationServer: PinnedAuthorizationServer?
    }

    /// An authorization server that the spec names instead of having it discovered.
    package struct PinnedAuthorizationServer: Hashable, Sendable {
        /// The issuer, exactly as written.
        package var issuer: Issuer
        /// Empty: none are asked for.
        package var scopes: ScopeList
        /// Both, or neither: then they come from the issuer's metadata.
        package var endpoints: Endpoints?
        /// `nil`: the gateway registers itself.
        package var client: ClientCredentials?

        /// The two endpoints, which come together.
        package struct Endpoints: Hashable, Sendable {
            /// Where users are sent.
            package var authorization: AbsoluteURL
            /// Where codes are turned into tokens.
            package var token: AbsoluteURL
        }
    }

    /// The user's ID token is sent as it is.
    package struct TokenForwarding: Hashable, Sendable {
        /// The audiences the ID token must have, all of them.
        package var requiredAudiences: [String]
    }

    /// Token exchange at a Dex.
    package struct TokenExchange: Hashable, Sendable {
        /// Must be trusted by configuration.
        package var tokenEndpoint: AbsoluteURL
        /// The issuer of the token that comes back.
        package var expectedIssuer: Issuer
        /// The connector of that Dex that trusts the user's issuer.
        package var connectorID: String
        /// Empty: none are asked for.
        package var scopes: ScopeList
        /// The audiences the ID token must have, all of them.
        package var requiredAudiences: [String]
        /// `nil`: the configured provider's own client.
        package var client: ClientCredentials?
    }
}
