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
        package var issuer: Issuer
        package var scopes: ScopeList
        /// Both, or neither: then they come from the issuer's metadata.
        package var endpoints: Endpoints?
        /// `nil`: the gateway registers itself.
        package var client: ClientCredentials?

        package struct Endpoints: Hashable, Sendable {
            package var authorization: AbsoluteURL
            package var token: AbsoluteURL
        }
    }

    /// The user's ID token is sent as it is.
    package struct TokenForwarding: Hashable, Sendable {
        package var requiredAudiences: [String]
    }

    /// Token exchange at a Dex.
    package struct TokenExchange: Hashable, Sendable {
        package var tokenEndpoint: AbsoluteURL
        package var expectedIssuer: Issuer
        package var connectorID: String
        package var scopes: ScopeList
        package var requiredAudiences: [String]
        /// `nil`: the configured provider's own client.
        package var client: ClientCredentials?
    }
}
