// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import OAuth
import OpenSSL
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

/// A server whose users consent at its own authorization server, one to move to, and the gateway's connections.
struct ConnectionWorld: Sendable {
    /// Where servers that name themselves send browsers back to.
    static let redirectURI = "https://gw.example/connect/callback"
    /// Where `https://as.example` does if it does not.
    static let ownRedirectURI = redirectURI + "/93e20fbd9d9436f74c252dbad30ec732"

    let world: BrokerWorld
    let server: FakeConsentServer
    let other: FakeConsentServer
    let resource: FakeConsentingResource
    let client: ScriptedHTTPClient
    let connections: ServerConnections

    /// Runs a body while all parts do their work.
    static func run(
        trust: GatewayTrust = .sample,
        publicURL: String = "https://gw.example",
        limits: ConnectionState.Limits = ConnectionState.Limits(),
        settings: BrokerSettings = BrokerSettings(),
        _ body: (ConnectionWorld) async throws -> Void
    ) async throws {
        try await withWorld(trust: trust, settings: settings) { world in
            let server = FakeConsentServer()
            let other = FakeConsentServer("https://other.example")
            let resource = FakeConsentingResource()
            let client = ScriptedHTTPClient { request in
                if let answer = resource.answer(request) { return answer }
                if let answer = try await server.answer(request) { return answer }
                return try await other.answer(request) ?? IncomingResponse(status: 404)
            }
            // Another one than the broker's, so that nothing but the connections' own requests is seen.
            let directory = IssuerDirectory(
                trust: GatewayTrust(),
                client: client,
                restrictedClient: client,
                clock: world.clock,
                logger: world.logs.logger()
            )
            let connections = ServerConnections(
                ServerConnections.Dependencies(
                    trust: trust,
                    directory: directory,
                    gateway: GatewayClient(publicURL: publicURL),
                    environment: BrokerEnvironment(
                        client: world.client,
                        restrictedClient: client,
                        allowsLoopbackHTTP: trust.allowLoopbackHTTP,
                        clock: world.clock,
                        wallClock: { world.now },
                        random: { try RandomBytes.make(count: $0) },
                        settings: settings,
                        metrics: world.metrics
                    ),
                    audit: world.audit
                ),
                limits: limits
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await directory.run() }
                group.addTask { try await connections.run() }
                defer {
                    group.cancelAll()
                    // A handler that uses its own peer would keep it alive for good.
                    for peer in [server, other] {
                        peer.onToken { _, _ in nil }
                        peer.onRegistration { _ in nil }
                    }
                }
                try await body(
                    ConnectionWorld(
                        world: world,
                        server: server,
                        other: other,
                        resource: resource,
                        client: client,
                        connections: connections
                    )
                )
                group.cancelAll()
                while let result = await group.nextResult() {
                    // All of them end by being cancelled.
                    if case .failure(let error) = result, !(error is CancellationError) { throw error }
                }
            }
        }
    }

    /// Sends a user on the way.
    func begin(_ session: Session, _ route: VersionedRoute = .consenting()) async throws -> String {
        try await connections.begin(session, route, correlationID: "c-1").exposed
    }

    /// What a beginning is refused with; `nil` if it is not.
    func refusalToBegin(_ session: Session, _ route: VersionedRoute = .consenting()) async throws -> BrokerError? {
        do {
            _ = try await begin(session, route)
            return nil
        } catch let error as BrokerError { return error }
    }

    func complete(
        _ query: String,
        at address: String = ConnectionWorld.redirectURI,
        _ session: Session
    ) async throws -> RouteKey {
        try await connections.complete(query, at: address, session, correlationID: "c-2")
    }

    /// What a completion is refused with.
    func refusal(
        _ query: String,
        at address: String = ConnectionWorld.redirectURI,
        _ session: Session
    ) async throws -> BrokerError {
        try await #require(throws: BrokerError.self) { _ = try await complete(query, at: address, session) }
    }

    /// A user who goes all the way.
    func connect(
        _ session: Session,
        _ route: VersionedRoute = .consenting(),
        at peer: FakeConsentServer? = nil
    ) async throws {
        let url = try await begin(session, route)
        let address = try #require(FakeConsentServer.parameters(url)["redirect_uri"])
        #expect(try await complete((peer ?? server).consent(to: url), at: address, session) == route.route.key)
    }

    func token(_ session: Session, _ route: VersionedRoute = .consenting()) async throws -> BrokeredToken? {
        try await connections.token(for: session, route: route, correlationID: "c-3")
    }

    /// What a user gets who asks for a token, as a word.
    func outcome(_ session: Session, _ route: VersionedRoute = .consenting()) async throws -> String {
        do { return try await token(session, route)?.token.exposed ?? "none" } catch let error as BrokerError {
            return error.reason.rawValue
        }
    }

    /// Everything that was sent to hosts with a name that ends so.
    func sent(to suffix: String) throws -> [OutgoingRequest] {
        try client.requests.filter { try HTTPURL($0.url).host.hasSuffix(suffix) }
    }
}

extension VersionedRoute {
    /// The server `team/todo`, whose users consent.
    static func consenting(
        version: String = "1",
        _ change: (inout RouteAuthentication.AuthorizationCode) -> Void = { _ in }
    ) -> VersionedRoute {
        var mode = RouteAuthentication.AuthorizationCode(
            issuer: nil,
            scopes: [],
            authorizationEndpoint: nil,
            tokenEndpoint: nil,
            client: nil
        )
        change(&mode)
        var route = VersionedRoute.todo().route
        route.authentication = .authorizationCode(mode)
        return VersionedRoute(route: route, version: version)
    }

    /// The same with endpoints that the resource names, with a client of its own or without.
    static func pinned(
        _ authorization: String = "https://as.example/authorize",
        _ token: String = "https://as.example/token",
        client: Bool = false
    ) -> VersionedRoute {
        .consenting { mode in
            mode.issuer = "https://as.example"
            mode.authorizationEndpoint = authorization
            mode.tokenEndpoint = token
            if client { mode.client = RouteClient(id: "by-hand", method: .none, credential: .none, source: nil) }
        }
    }

    /// The same with a client that somebody has registered.
    static func preregistered(
        _ method: RouteClient.Method = .clientSecretBasic,
        secret: String = "canary-client-secret-77",
        issuer: String? = "https://as.example"
    ) -> VersionedRoute {
        consenting { mode in
            mode.issuer = issuer
            mode.client = RouteClient(id: "by-hand", method: method, credential: .secret(Redacted(secret)), source: nil)
        }
    }
}
