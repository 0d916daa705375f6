// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What this gateway's own configuration trusts: whose users may sign in, and where their tokens may go.
///
/// Every route is judged by it again, whatever the operator made of it. By default it trusts nothing.
package struct GatewayTrust: Hashable, Sendable {
    /// An identity provider whose users may sign in.
    package struct IdentityProvider: Hashable, Sendable {
        /// Compared byte for byte.
        package var issuer: String
        /// ID tokens with these audiences are accepted as bearer tokens.
        package var bearerAudiences: [String]
        /// Trusted with this provider's tokens besides the token endpoint of its own metadata.
        package var tokenEndpoints: [String]
        /// Where its keys are; `nil`: where its metadata says.
        package var jwksURI: String?
        /// Where its ID tokens may be sent as they are.
        package var forwardTo: [ForwardTarget]
        /// Which audiences this gateway's own client may exchange its tokens for, and for which servers.
        package var exchangeTo: [ForwardTarget]

        package init(
            issuer: String,
            bearerAudiences: [String],
            tokenEndpoints: [String] = [],
            jwksURI: String? = nil,
            forwardTo: [ForwardTarget] = [],
            exchangeTo: [ForwardTarget] = []
        ) {
            self.issuer = issuer
            self.bearerAudiences = bearerAudiences
            self.tokenEndpoints = tokenEndpoints
            self.jwksURI = jwksURI
            self.forwardTo = forwardTo
            self.exchangeTo = exchangeTo
        }
    }

    /// Servers that may get a provider's ID tokens.
    package struct ForwardTarget: Hashable, Sendable {
        /// The token must be issued for it.
        package var audience: String
        /// Servers at or below these URLs.
        package var urls: [String]

        package init(audience: String, urls: [String]) {
            self.audience = audience
            self.urls = urls
        }
    }

    /// Token endpoints of an authorization server beyond its own origin and metadata.
    package struct AuthorizationServer: Hashable, Sendable {
        /// Compared byte for byte.
        package var issuer: String
        /// Compared as strings.
        package var tokenEndpoints: [String]
        /// Where its keys are; `nil`: where its metadata says.
        package var jwksURI: String?

        package init(issuer: String, tokenEndpoints: [String], jwksURI: String? = nil) {
            self.issuer = issuer
            self.tokenEndpoints = tokenEndpoints
            self.jwksURI = jwksURI
        }
    }

    /// A resource that servers under other URLs may use.
    package struct ResourcePair: Hashable, Sendable {
        /// Byte for byte.
        package var resource: String
        /// The servers' URLs, byte for byte.
        package var urls: [String]

        package init(resource: String, urls: [String]) {
            self.resource = resource
            self.urls = urls
        }
    }

    /// Who may sign users in: the only places their tokens may go.
    package var identityProviders: [IdentityProvider]
    /// Where leg 2 may go besides.
    package var authorizationServers: [AuthorizationServer]
    /// Which resources may be used for which servers besides.
    package var resources: [ResourcePair]
    /// Hosts whose MCP servers may use `http`: a name, or `*.` and a suffix.
    package var allowHTTP: [String]
    /// Whether `http` to a loopback host is allowed for every kind of URL.
    package var allowLoopbackHTTP: Bool
    /// Whether any issuer and any endpoint is trusted: only for a gateway on a loopback address without providers.
    package var trustsEverything: Bool

    package init(
        identityProviders: [IdentityProvider] = [],
        authorizationServers: [AuthorizationServer] = [],
        resources: [ResourcePair] = [],
        allowHTTP: [String] = [],
        allowLoopbackHTTP: Bool = false,
        trustsEverything: Bool = false
    ) {
        self.identityProviders = identityProviders
        self.authorizationServers = authorizationServers
        self.resources = resources
        self.allowHTTP = allowHTTP
        self.allowLoopbackHTTP = allowLoopbackHTTP
        self.trustsEverything = trustsEverything
    }
}
