// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import OAuth
import RouteTable

/// Finds out where a server's users consent, and to what: by what the route says, else by what the server says about itself
/// ([RFC 9728](https://www.rfc-editor.org/rfc/rfc9728)).
///
/// All requests go through a client that obeys the egress policy, carry nothing of the user's, and have bounded answers.
struct ConnectionDiscovery: Sendable {
    /// What was found.
    struct Finding: Sendable {
        var server: AuthorizationServer
        /// What tokens are asked for.
        var resource: String
        var scopes: ScopeList
    }

    /// How many of the authorization servers that a resource lists are tried.
    static let serverLimit = 4
    private static let deadlines = Deadlines(connect: .seconds(5), head: .seconds(8), total: .seconds(10))

    private let rules: AuthorizationServerRules
    private let directory: IssuerDirectory
    private let client: any HTTPClient
    private let resources: MetadataClient

    init(trust: GatewayTrust, directory: IssuerDirectory, restrictedClient: any HTTPClient) {
        rules = AuthorizationServerRules(trust: trust)
        self.directory = directory
        client = restrictedClient
        resources = MetadataClient(
            documents: DocumentClient(client: restrictedClient, allowsLoopbackHTTP: trust.allowLoopbackHTTP)
        )
    }

    /// Where users of a server consent now, asked anew each time: a server may move to another authorization server.
    ///
    /// - Parameters:
    ///   - route: The server.
    ///   - mode: What the route says.
    ///   - correlationID: Ties the server's records to ours.
    /// - Returns: What a user is asked for, and where.
    /// - Throws: ``BrokerError``, or `CancellationError`.
    func find(
        _ route: Route,
        _ mode: RouteAuthentication.AuthorizationCode,
        _ correlationID: String
    ) async throws -> Finding {
        var challenge: BearerChallenge?
        if mode.issuer == nil || mode.scopes.isEmpty { challenge = try await self.challenge(of: route, correlationID) }
        var resource = route.resource
        var supported: [String] = []
        let server: AuthorizationServer
        if let issuer = mode.issuer {
            server = try await self.server(issuer, mode, route.key)
        } else {
            let metadata = try await metadata(of: route, challenge)
            resource = metadata.resource
            supported = metadata.scopes ?? []
            server = try await firstUsable(metadata.authorizationServers, mode, route.key)
        }
        let scopes = ScopeSelection.scopes(
            route: mode.scopes,
            challenge: challenge?.scopes ?? [],
            resource: supported,
            offersOfflineAccess: server.offersOfflineAccess
        )
        return Finding(server: server, resource: resource, scopes: scopes)
    }

    /// An authorization server that is known by its issuer.
    ///
    /// - Throws: ``BrokerError``, or `CancellationError`.
    func server(
        _ issuer: String,
        _ mode: RouteAuthentication.AuthorizationCode,
        _ server: RouteKey
    ) async throws -> AuthorizationServer {
        var metadata: AuthorizationServerMetadata?
        do {
            metadata = try await directory.metadata(of: issuer)
        } catch let error as DirectoryError {
            let isPinned = mode.authorizationEndpoint != nil && mode.tokenEndpoint != nil
            guard error.isAbsent, isPinned else {
                throw BrokerError.connecting(
                    error.isTransient ? .exchangeUnavailable : .serverMisconfigured,
                    server,
                    Self.sentence(error),
                    retryAfter: error.isTransient ? error.retryAfter : nil,
                    cause: "discovery",
                    detail: error.message
                )
            }
        }
        do throws(AuthorizationServerRules.Problem) {
            return try rules.server(issuer, metadata, mode)
        } catch {
            throw BrokerError.connecting(
                .serverMisconfigured,
                server,
                error.message,
                cause: error.cause,
                detail: error.detail
            )
        }
    }

    /// The first that can be used, or that may be usable later: the order is the server's, and one that is down for a moment
    /// is no reason to send users to another.
    private func firstUsable(
        _ issuers: [String],
        _ mode: RouteAuthentication.AuthorizationCode,
        _ server: RouteKey
    ) async throws -> AuthorizationServer {
        var first: BrokerError?
        for issuer in issuers.prefix(Self.serverLimit) {
            do { return try await self.server(issuer, mode, server) } catch let error as BrokerError {
                guard error.reason != .exchangeUnavailable else { throw error }
                first = first ?? error
            }
        }
        throw first
            ?? BrokerError.connecting(
                .serverMisconfigured,
                server,
                "its metadata names no authorization server. Name the issuer in the resource.",
                cause: "discovery"
            )
    }

    /// What the server says about itself.
    ///
    /// It must be about the resource that tokens are for, or about the whole origin that it lies in; a server that speaks
    /// for another one would have tokens for that one sent to itself (RFC 9728 §3.3).
    private func metadata(of route: Route, _ challenge: BearerChallenge?) async throws -> ProtectedResourceMetadata {
        let metadata: ProtectedResourceMetadata
        do {
            metadata = try await resources.protectedResource(
                route.resource,
                advertisedURL: challenge?.resourceMetadata.flatMap { Self.sameOrigin($0, route.resource) }
            )
        } catch let error as MetadataError {
            throw BrokerError.connecting(
                error.code == .unavailable ? .exchangeUnavailable : .serverMisconfigured,
                route.key,
                Self.sentence(error.code),
                cause: error.code == .mismatch ? "resource_mismatch" : "discovery",
                detail: error.message
            )
        }
        let isOwn = metadata.resource.hasSameBytes(as: route.resource)
        guard isOwn || ResourceRule.matches(resource: metadata.resource, server: route.url) else {
            throw BrokerError.connecting(
                .serverMisconfigured,
                route.key,
                Self.sentence(.mismatch),
                cause: "resource_mismatch",
                detail: "The server's metadata is about '\(PeerText.quotable(metadata.resource))'."
            )
        }
        return metadata
    }

    private static func sentence(_ code: MetadataError.Code) -> String {
        switch code {
        case .notFound: "it publishes no metadata. Publish some, or name the issuer in the resource."
        case .unavailable: "its metadata cannot be had now. Try again later."
        case .mismatch: "its metadata is about another resource. Correct what the server publishes."
        case .malformed, .insecureURL: "its metadata is not usable. Correct what the server publishes."
        }
    }

    private static func sentence(_ error: DirectoryError) -> String {
        if error.isTransient { return "the metadata of its authorization server cannot be had now. Try again later." }
        return error.isAbsent
            ? "its authorization server publishes no metadata. Name a client and both endpoints in the resource."
            : "the metadata of its authorization server is not usable. Ask the server's administrator."
    }

    /// What the server answers to a request without a token: `nil` if it wants none, or cannot be reached, which
    /// whatever is asked next finds out as well.
    private func challenge(of route: Route, _ correlationID: String) async throws -> BearerChallenge? {
        // A server that lets it through has nothing to do for it.
        let ping: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": "ping"]
        let headers: HTTPHeaders = [
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
        ]
        do {
            let response = try await client.send(
                OutgoingRequest(
                    .post,
                    route.url,
                    headers: RequestFields.upstream(
                        headers,
                        configured: route.headers,
                        sessionID: nil,
                        token: nil,
                        correlationID: correlationID
                    ),
                    body: .bytes(ping.serialized(.compact)),
                    deadlines: Self.deadlines,
                    maximumResponseBody: DocumentClient.sizeLimit,
                    mayBeResent: false
                )
            )
            response.body.cancel()
            return response.status == 401 ? BearerChallenge(response.headers) : nil
        } catch is HTTPTransportError {
            // Its metadata may be had all the same.
            return nil
        }
    }

    /// The URL, if it is where the resource is: nobody else speaks for it.
    private static func sameOrigin(_ url: String, _ resource: String) -> String? {
        do { return try HTTPURL(url).origin == HTTPURL(resource).origin ? url : nil } catch {
            // What is no URL leads nowhere.
            return nil
        }
    }
}

extension BrokerError {
    /// A user who cannot be connected to a server.
    ///
    /// - Parameters:
    ///   - reason: What is wrong.
    ///   - server: Which.
    ///   - problem: A sentence about the server with what to do about it, which quotes nobody.
    ///   - retryAfter: When to come again.
    ///   - cause: A word from a closed set.
    ///   - detail: For the record: what a peer said.
    /// - Returns: What callers are told.
    static func connecting(
        _ reason: Reason,
        _ server: RouteKey,
        _ problem: String,
        retryAfter: Duration? = nil,
        cause: String,
        detail: String? = nil
    ) -> BrokerError {
        BrokerError(
            reason,
            "Could not connect the user to '\(server)': \(problem)",
            retryAfter: retryAfter,
            cause: cause,
            detail: detail
        )
    }
}
