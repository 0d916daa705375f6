// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport

/// What the administrator trusts: whose users sign in, where their tokens may go, and what may be dialled.
///
/// Everything a resource asks for is judged against this; in a cluster the default trusts nothing.
package struct TrustConfiguration: Hashable, Sendable {
    /// Who may sign users in: the only places their tokens may go.
    package var identityProviders: [IdentityProvider]
    /// Token endpoints that lie apart from their issuer.
    package var authorizationServers: [AuthorizationServer]
    /// Resources that servers under other URLs may use.
    package var resources: [ResourcePair]
    /// Where URLs from resources may lead.
    package var egress: Egress
    /// Whether any issuer and any endpoint is trusted: only for `serve` on a loopback address without identity providers.
    package var trustsEverything: Bool

    package init(
        identityProviders: [IdentityProvider] = [],
        authorizationServers: [AuthorizationServer] = [],
        resources: [ResourcePair] = [],
        egress: Egress = Egress(),
        trustsEverything: Bool = false
    ) {
        self.identityProviders = identityProviders
        self.authorizationServers = authorizationServers
        self.resources = resources
        self.egress = egress
        self.trustsEverything = trustsEverything
    }

    /// An identity provider whose users may sign in.
    package struct IdentityProvider: Hashable, Sendable {
        /// What `spec.auth.enterpriseIdP.idp` names it by.
        package var name: String
        /// Compared byte for byte.
        package var issuer: String
        /// The client that users sign in with.
        package var clientID: String
        /// ID tokens with these audiences are accepted as bearer tokens.
        package var bearerAudiences: [String]
        /// Trusted with this issuer's tokens besides the discovered token endpoint.
        package var tokenEndpoints: [String]
        /// Where `forwardToken` may send this provider's ID tokens; empty means nowhere.
        package var forwardTo: [ForwardTarget]
        /// Which audiences the gateway's own client may exchange this provider's tokens for, and for which servers.
        package var exchangeTo: [ForwardTarget]

        package init(
            name: String,
            issuer: String,
            clientID: String = "",
            bearerAudiences: [String] = [],
            tokenEndpoints: [String] = [],
            forwardTo: [ForwardTarget] = [],
            exchangeTo: [ForwardTarget] = []
        ) {
            self.name = name
            self.issuer = issuer
            self.clientID = clientID
            self.bearerAudiences = bearerAudiences
            self.tokenEndpoints = tokenEndpoints
            self.forwardTo = forwardTo
            self.exchangeTo = exchangeTo
        }
    }

    /// Servers that may get tokens for an audience: a provider's ID tokens, or ones that these are exchanged for.
    package struct ForwardTarget: Hashable, Sendable {
        /// What the token must be for; of an ID token the gateway checks that.
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

        /// Where its keys are, for tokens that it exchanges; `nil`: where its metadata says.
        package var jwksURI: String?

        package init(issuer: String, tokenEndpoints: [String], jwksURI: String? = nil) {
            self.issuer = issuer
            self.tokenEndpoints = tokenEndpoints
            self.jwksURI = jwksURI
        }
    }

    /// A resource identifier that servers on other URLs may use.
    package struct ResourcePair: Hashable, Sendable {
        /// The resource indicator, as a server's spec gives it.
        package var resource: String
        /// The exact `spec.url` values.
        package var urls: [String]

        package init(resource: String, urls: [String]) {
            self.resource = resource
            self.urls = urls
        }
    }

    /// What URLs from resources may reach.
    package struct Egress: Hashable, Sendable {
        /// Private networks that may be dialled.
        package var allowPrivate: [AddressRange]
        /// Host patterns for which MCP servers may use `http`: a name, or `*.` and a suffix.
        package var allowHTTP: [String]
        /// Whether `http` to a loopback host is allowed for every kind of URL.
        package var allowLoopbackHTTP: Bool
        /// What requests to identity providers, authorization servers and MCP servers go through.
        package var proxy: HTTPProxy?

        package init(
            allowPrivate: [AddressRange] = [],
            allowHTTP: [String] = [],
            allowLoopbackHTTP: Bool = false,
            proxy: HTTPProxy? = nil
        ) {
            self.allowPrivate = allowPrivate
            self.allowHTTP = allowHTTP
            self.allowLoopbackHTTP = allowLoopbackHTTP
            self.proxy = proxy
        }
    }
}
