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
        /// A sentence with what to do about it.
        let message: String
        /// A word from a closed set.
        let cause: String
    }

    /// The server, if it can be used.
    ///
    /// A code that is not bound to a verifier could be redeemed by whoever gets hold of it, so a server that does not say
    /// that it knows S256 is not used
    /// ([MCP, code protection](https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-code-protection)).
    /// One that publishes nothing at all is used if its resource pins both endpoints.
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
                message: "'\(issuer.prefix(300))' does not say that it supports PKCE with S256. Its operator has to.",
                cause: "no_s256"
            )
        }
        guard let authorization = mode.authorizationEndpoint ?? metadata?.authorizationEndpoint else {
            throw Self.missing("authorization_endpoint", issuer)
        }
        guard let token = mode.tokenEndpoint ?? metadata?.tokenEndpoint else {
            throw Self.missing("token_endpoint", issuer)
        }
        try check(authorization, issuer, isOwn: metadata?.authorizationEndpoint?.hasSameBytes(as: authorization))
        let isListed = isListed(token, issuer)
        try check(token, issuer, isOwn: isListed ? true : metadata?.tokenEndpoint?.hasSameBytes(as: token))
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

    /// Whoever writes a resource must not choose where codes and refresh tokens of another issuer go: to where the issuer
    /// is, to where it says, or to where this gateway's configuration says.
    private func check(_ endpoint: String, _ issuer: String, isOwn: Bool?) throws(Problem) {
        let (endpointURL, issuerURL): (HTTPURL, HTTPURL)
        do { (endpointURL, issuerURL) = (try HTTPURL(endpoint), try HTTPURL(issuer)) } catch {
            throw Problem(message: "an endpoint of '\(issuer.prefix(300))' is no URL. Correct it.", cause: "endpoint")
        }
        guard endpointURL.scheme == .https || (trust.allowLoopbackHTTP && endpointURL.isLoopback) else {
            throw Problem(
                message: "'\(endpointURL.withoutQuery.prefix(300))' is not reached over https. Use https.",
                cause: "insecure_endpoint"
            )
        }
        guard isOwn == true || endpointURL.origin == issuerURL.origin else {
            throw Problem(
                message:
                    "'\(endpointURL.withoutQuery.prefix(300))' is not an endpoint of '\(issuer.prefix(300))': it has "
                    + "another origin, and the issuer's metadata does not name it. Leave it out.",
                cause: "foreign_endpoint"
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
            message:
                "the metadata of '\(issuer.prefix(300))' names no \(endpoint). Pin both endpoints in the resource.",
            cause: "discovery"
        )
    }
}
