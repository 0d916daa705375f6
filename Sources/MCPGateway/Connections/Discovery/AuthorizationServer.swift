// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import OAuth
import RouteTable

/// An authorization server at which users may be asked for their consent, and where requests for it go.
struct AuthorizationServer: Hashable, Sendable {
    /// Byte for byte as its metadata has it.
    var issuer: String
    /// Where browsers are sent.
    var authorizationEndpoint: String
    /// Where codes and refresh tokens go.
    var tokenEndpoint: String
    /// Whether that is from this gateway's configuration, so that the egress policy does not apply.
    var isTokenEndpointListed = false
    /// Where clients register themselves; `nil` if they do not.
    var registrationEndpoint: String?
    /// How such a client asks to prove itself; `nil` if there is no way.
    var registrationMethod: String?
    /// Whether a client's id may be the URL of its metadata.
    var acceptsClientMetadataURLs = false
    /// Whether its answers name it.
    var namesItself = false
    /// Whether it says that it takes the scope `offline_access`.
    var offersOfflineAccess = false
}

/// Makes an ``AuthorizationServer`` of what an issuer says about itself and of what a route pins.
struct AuthorizationServerRules: Sendable {
    let trust: GatewayTrust

    /// What is wrong, for a sentence about the server.
    struct Problem: Error, Hashable, Sendable {
        /// A sentence with what to do about it, which quotes nobody.
        let message: String
        /// A word from a closed set.
        let cause: String
        /// For the record: the same, and which server or endpoint it is about.
        let detail: String

        init(_ message: String, about subject: String, cause: String) {
            self.message = message
            self.cause = cause
            detail = "Could not use '\(PeerText.quotable(subject))': \(message)"
        }
    }

    /// The server, if it can be used.
    ///
    /// A code that is not bound to a verifier could be redeemed by whoever gets hold of it, so a server that does not say
    /// that it knows S256 is not used
    /// ([MCP, code protection](https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-code-protection)).
    /// One that publishes nothing at all is used if its resource has a client and pins both endpoints.
    ///
    /// - Parameters:
    ///   - issuer: Who is asked.
    ///   - metadata: What it says; `nil` if it publishes nothing.
    ///   - mode: What the route pins.
    /// - Returns: The server.
    /// - Throws: ``Problem``.
    func server(
        _ issuer: String,
        _ metadata: AuthorizationServerMetadata?,
        _ mode: RouteAuthentication.AuthorizationCode
    ) throws(Problem) -> AuthorizationServer {
        if let metadata, metadata.codeChallengeMethods?.contains("S256") != true {
            throw Problem(
                "its authorization server does not say that it supports PKCE with S256. Its operator has to.",
                about: issuer,
                cause: "no_s256"
            )
        }
        guard let authorization = mode.authorizationEndpoint ?? metadata?.authorizationEndpoint else {
            throw Self.missing("authorization_endpoint", issuer)
        }
        guard let token = mode.tokenEndpoint ?? metadata?.tokenEndpoint else {
            throw Self.missing("token_endpoint", issuer)
        }
        let isListed = isListed(token, issuer)
        if try isForeign(authorization, issuer, to: metadata?.authorizationEndpoint) {
            try checkPinned(authorization, issuer, mode)
            try Self.checkQuery(authorization, issuer)
        }
        if try isForeign(token, issuer, to: metadata?.tokenEndpoint), !isListed { try checkPinned(token, issuer, mode) }
        return AuthorizationServer(
            issuer: issuer,
            authorizationEndpoint: authorization,
            tokenEndpoint: token,
            isTokenEndpointListed: isListed,
            registrationEndpoint: metadata?.registrationEndpoint,
            registrationMethod: metadata?.registrationMethod,
            acceptsClientMetadataURLs: metadata?.acceptsClientMetadataURLs ?? false,
            namesItself: metadata?.namesItselfInResponses ?? false,
            offersOfflineAccess: metadata?.scopes?.contains(ScopeSelection.offlineAccess) ?? false
        )
    }

    /// Whether an endpoint is another one than the issuer's metadata says.
    private func isForeign(_ endpoint: String, _ issuer: String, to own: String?) throws(Problem) -> Bool {
        let url = try Self.url(endpoint, issuer)
        guard url.scheme == .https || (trust.allowLoopbackHTTP && url.isLoopback) else {
            throw Problem(
                "an endpoint of its authorization server is not reached over https. Use https.",
                about: url.withoutQuery,
                cause: "insecure_endpoint"
            )
        }
        return own?.hasSameBytes(as: endpoint) != true
    }

    /// Whoever writes a resource must not choose where codes and refresh tokens of another issuer go: to where it says, or to
    /// where this gateway's configuration says.
    ///
    /// With a client of their own they may choose another endpoint where the issuer is, as an issuer may have several. What
    /// is behind another one could be anything, a page that sends browsers on for instance, so it is not for the clients
    /// that the gateway has for everybody, nor where the gateway's users sign in.
    private func checkPinned(
        _ endpoint: String,
        _ issuer: String,
        _ mode: RouteAuthentication.AuthorizationCode
    ) throws(Problem) {
        let url = try Self.url(endpoint, issuer)
        guard try url.origin == Self.url(issuer, issuer).origin else {
            throw Problem(
                "an endpoint in its resource has another origin than the authorization server, whose metadata does not "
                    + "name it. Leave it out.",
                about: url.withoutQuery,
                cause: "foreign_endpoint"
            )
        }
        let isProvider = trust.identityProviders.contains { $0.issuer.hasSameBytes(as: issuer) }
        guard mode.client != nil, !isProvider else {
            throw Problem(
                "an endpoint in its resource is not what the authorization server's metadata says. Leave it out, or name "
                    + "a client of the server's own, which an identity provider of this gateway takes not.",
                about: url.withoutQuery,
                cause: "pinned_endpoint"
            )
        }
    }

    /// What is in the query already is asked for as well: another audience than the server's, or a whole request that
    /// replaces this one ([RFC 9101 §5](https://www.rfc-editor.org/rfc/rfc9101#section-5)).
    private static func checkQuery(_ endpoint: String, _ issuer: String) throws(Problem) {
        guard endpoint.utf8.contains(UInt8(ascii: "?")) else { return }
        throw Problem(
            "its authorization endpoint has a query that the issuer's metadata does not have. Leave it out.",
            about: issuer,
            cause: "endpoint_query"
        )
    }

    private static func url(_ text: String, _ issuer: String) throws(Problem) -> HTTPURL {
        do { return try HTTPURL(text) } catch {
            throw Problem(
                "an endpoint of its authorization server is no URL. Correct it.",
                about: issuer,
                cause: "endpoint"
            )
        }
    }

    private func isListed(_ endpoint: String, _ issuer: String) -> Bool {
        trust.authorizationServers.contains { server in
            server.issuer.hasSameBytes(as: issuer) && server.tokenEndpoints.contains { $0.hasSameBytes(as: endpoint) }
        }
    }

    private static func missing(_ endpoint: String, _ issuer: String) -> Problem {
        Problem(
            "the metadata of its authorization server names no \(endpoint). Name a client and both endpoints in the "
                + "resource.",
            about: issuer,
            cause: "discovery"
        )
    }
}
