// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Curl
import DemoWorld
import HTTPTransport
import JOSE
import JSON
import Logging
import MCPGateway
import NIOConcurrencyHelpers
import OAuth
import OpenSSL
import RouteTable
import ServiceLifecycle
import TestSupport
import Testing

@testable import GatewayService

/// A gateway and the demonstration's enterprise on real sockets, with a browser that goes where it is sent.
struct ConsentWorld: Sendable {
    let enterprise: Enterprise
    let connections: ServerConnections
    let logs: SeenLogs
    /// Where the gateway listens.
    let gateway: String
    private let authenticator: BearerAuthenticator
    private let client: any HTTPClient

    /// What came back, with its body read.
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var json: JSONValue?

        /// The word of the gateway's own error.
        var reason: String? { json?["error"]?["data"]?["reason"]?.stringValue }
        /// Who the MCP server says that it was called by.
        var user: String? { json?["result"]?["structuredContent"]?["user"]?.stringValue }
    }

    /// No client of the gateway's at a provider is needed where users consent.
    private struct NoClients: ProviderClients {
        func client(ofIssuer issuer: String) -> ClientCredential? { nil }
        func revision(ofIssuer issuer: String) -> UInt64 { 0 }
    }

    /// Serves until the body returns, then stops in order.
    ///
    /// - Parameters:
    ///   - publicURL: What the gateway is to authorization servers; browsers are never really sent there.
    ///   - mode: What the server's route says.
    ///   - body: The test.
    /// - Throws: What the test throws.
    static func run(
        publicURL: String = "http://127.0.0.1:9",
        _ mode: @escaping @Sendable (Enterprise, inout RouteAuthentication.AuthorizationCode) -> Void = { _, _ in },
        _ body: (ConsentWorld) async throws -> Void
    ) async throws {
        let logs = SeenLogs()
        let found = NIOLockedValueBox<(Enterprise?, GatewayServer.Address?)>((nil, nil))
        let transport = try CurlTransport()
        let demo = try DemoService(logger: logs.logger) { enterprise in
            found.withLockedValue { $0.0 = enterprise }
        }
        let demoGroup = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [demo], logger: logs.logger)
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await demoGroup.run() }
            let result: Result<Void, any Error>
            do {
                try #require(await eventually { found.withLockedValue { $0.0 } != nil })
                let enterprise = try #require(found.withLockedValue { $0.0 })
                let parts = try Parts(enterprise, publicURL, transport, logs, mode)
                let server = try parts.server { address in found.withLockedValue { $0.1 = address } }
                let group = ServiceGroup(
                    configuration: ServiceGroupConfiguration(services: [server], logger: logs.logger)
                )
                result = await withThrowingTaskGroup(of: Void.self, returning: Result<Void, any Error>.self) { work in
                    let outcome: Result<Void, any Error>
                    work.addTask { try await group.run() }
                    work.addTask { await parts.run() }
                    do {
                        try #require(await eventually { found.withLockedValue { $0.1 } != nil })
                        let address = try #require(found.withLockedValue { $0.1 })
                        outcome = .success(
                            try await body(
                                ConsentWorld(
                                    enterprise: enterprise,
                                    connections: parts.connections,
                                    logs: logs,
                                    gateway: "http://\(address)",
                                    authenticator: parts.authenticator,
                                    client: parts.client
                                )
                            )
                        )
                    } catch { outcome = .failure(error) }
                    await group.triggerGracefulShutdown()
                    work.cancelAll()
                    // What the servers throw when they are cancelled is nobody's concern.
                    while await work.nextResult() != nil {}
                    return outcome
                }
            } catch { result = .failure(error) }
            await demoGroup.triggerGracefulShutdown()
            try await tasks.waitForAll()
            await transport.shutdown()
            try result.get()
        }
    }

    /// All that a gateway is made of.
    private struct Parts: Sendable {
        let client: any HTTPClient
        let directory: IssuerDirectory
        let keys: ProviderKeys
        let authenticator: BearerAuthenticator
        let broker: TokenBroker
        let connections: ServerConnections
        let routes: LiveRoutes
        let broadcast: RouteBroadcast
        let gateway: Gateway
        let logger: Logger

        init(
            _ enterprise: Enterprise,
            _ publicURL: String,
            _ transport: CurlTransport,
            _ logs: SeenLogs,
            _ change: (Enterprise, inout RouteAuthentication.AuthorizationCode) -> Void
        ) throws {
            let trust = ConsentWorld.trust(enterprise)
            let wallClock = DemoTime.system.now
            let random: @Sendable (Int) throws -> [UInt8] = { try RandomBytes.make(count: $0) }
            logger = logs.logger
            client = try transport.makeClient(HTTPClientConfiguration())
            directory = IssuerDirectory(
                trust: trust,
                client: client,
                restrictedClient: client,
                clock: ContinuousClock(),
                logger: logger
            )
            let clock = ContinuousClock()
            keys = ProviderKeys(trust: trust, directory: directory, client: client, clock: clock, logger: logger)
            authenticator = BearerAuthenticator(trust: trust, keys: keys.lookup, wallClock: wallClock, logger: logger)
            routes = LiveRoutes()
            let audit = LogAuditSink(logger: logger)
            broker = try TokenBroker(
                TokenBroker.Dependencies(
                    trust: trust,
                    directory: directory,
                    authenticator: authenticator,
                    keys: keys.lookup,
                    currentRoute: { [routes] in routes.snapshot[$0] },
                    providers: NoClients(),
                    client: client,
                    restrictedClient: client,
                    clock: ContinuousClock(),
                    wallClock: wallClock,
                    random: random,
                    audit: audit,
                    metrics: NOOPMetricsHandler.instance
                )
            )
            connections = ServerConnections(
                ServerConnections.Dependencies(
                    trust: trust,
                    directory: directory,
                    gateway: GatewayClient(publicURL: publicURL),
                    client: client,
                    restrictedClient: client,
                    clock: ContinuousClock(),
                    wallClock: wallClock,
                    random: random,
                    audit: audit,
                    metrics: NOOPMetricsHandler.instance
                )
            )
            broadcast = RouteBroadcast()
            _ = broadcast.put(ConsentWorld.route(enterprise, change))
            gateway = Gateway(
                identity: try GatewayIdentity(publicURL: publicURL, issuers: [], allowedHosts: ["127.0.0.1"]),
                routes: routes,
                authenticator: authenticator,
                broker: broker,
                // Nobody runs it: there is nothing that a sign-in alone would obtain.
                sessions: SessionStart(
                    settings: SessionStartSettings(servers: .none),
                    routes: routes,
                    broker: broker,
                    clock: clock,
                    metrics: NOOPMetricsHandler.instance,
                    onDisplaced: { _ in }
                ),
                connections: connections,
                relay: try Self.relay(broker, connections, client, leeway: authenticator.leeway),
                limits: RelayLimits(),
                audit: audit,
                wallClock: wallClock
            )
        }

        private static func relay(
            _ broker: TokenBroker,
            _ connections: ServerConnections,
            _ client: any HTTPClient,
            leeway: Duration
        ) throws -> Relay {
            let random: @Sendable (Int) throws -> [UInt8] = { try RandomBytes.make(count: $0) }
            return Relay(
                broker: broker,
                connections: connections,
                client: client,
                seal: try SessionSeal(keys: [Redacted(try random(32))], random: random),
                limits: RelayLimits(),
                clock: ContinuousClock(),
                wallClock: DemoTime.system.now,
                leeway: leeway,
                hosts: HostLabels(),
                metrics: NOOPMetricsHandler.instance
            )
        }

        func server(_ onListening: @escaping @Sendable (GatewayServer.Address) async -> Void) throws -> GatewayServer {
            try GatewayServer(
                address: GatewayServer.Address(host: "127.0.0.1", port: 0),
                gateway: gateway,
                identity: nil,
                logger: logger,
                onListening: onListening
            )
        }

        func run() async {
            await withDiscardingTaskGroup { group in
                // Each ends by cancellation alone.
                group.addTask { do { try await directory.run() } catch {} }
                group.addTask { do { try await keys.run() } catch {} }
                group.addTask { do { try await broker.run() } catch {} }
                group.addTask { do { try await connections.run() } catch {} }
                group.addTask { await RouteFeed(from: broadcast, into: routes).run() }
            }
        }
    }

    private static func trust(_ enterprise: Enterprise) -> GatewayTrust {
        GatewayTrust(
            identityProviders: [
                GatewayTrust.IdentityProvider(
                    issuer: enterprise.addresses.identityProvider,
                    bearerAudiences: [DemoCredentials.identityProviderClient]
                )
            ],
            allowLoopbackHTTP: true
        )
    }

    /// The route to the server whose users consent.
    static func route(
        _ enterprise: Enterprise,
        _ change: (Enterprise, inout RouteAuthentication.AuthorizationCode) -> Void
    ) -> VersionedRoute {
        var mode = RouteAuthentication.AuthorizationCode(
            issuer: nil,
            scopes: [],
            authorizationEndpoint: nil,
            tokenEndpoint: nil,
            client: nil
        )
        change(enterprise, &mode)
        let url = enterprise.addresses.resource(.notes)
        let route = Route(
            key: RouteKey(namespace: "demo", name: "notes"),
            uid: "u1",
            generation: 1,
            type: "streamable-http",
            url: url,
            resource: url,
            timeout: .seconds(30),
            headers: [:],
            toolPrefix: nil,
            family: nil,
            description: nil,
            authentication: .authorizationCode(mode)
        )
        return VersionedRoute(route: route, version: "1")
    }
}

extension ConsentWorld {
    func send(
        _ method: OutgoingRequest.Method,
        _ url: String,
        _ headers: HTTPHeaders = [:],
        body: JSONValue? = nil
    ) async throws -> Answer {
        let response = try await client.send(
            OutgoingRequest(
                method,
                url,
                headers: headers,
                body: body.map { .bytes($0.serialized()) } ?? .none,
                deadlines: Deadlines(connect: .seconds(60), head: nil, total: .seconds(60))
            )
        )
        let bytes = try await response.body.collect(upTo: 1 << 20)
        let json: JSONValue?
        // What is no JSON is a page, or nothing.
        do { json = try JSONValue(parsing: bytes) } catch { json = nil }
        return Answer(status: response.status, headers: response.headers, json: json)
    }

    /// An ID token of a user.
    func idToken(_ user: String) async throws -> String {
        let answer = try await send(.post, enterprise.addresses.signIn, body: ["user": .string(user)])
        return try #require(answer.json?["id_token"]?.stringValue)
    }

    /// A user who is signed in at the gateway.
    func session(_ user: String) async throws -> Session {
        try await authenticator.authenticate(Redacted(try await idToken(user)))
    }

    /// Sends a user on the way.
    func begin(
        _ session: Session,
        _ mode: (Enterprise, inout RouteAuthentication.AuthorizationCode) -> Void = { _, _ in }
    ) async throws -> String {
        try await connections.begin(session, Self.route(enterprise, mode), correlationID: "begin").exposed
    }

    /// Goes to the authorization server as a user's browser: the query that it is sent back with.
    func consent(_ url: String, as user: String) async throws -> String {
        let answer = try await send(.get, url, ["Cookie": "demo_user=\(user)"])
        #expect(answer.status == 302)
        let location = try #require(answer.headers["Location"])
        return String(try #require(location.split(separator: "?", maxSplits: 1).last))
    }

    func complete(_ query: String, _ session: Session) async throws {
        #expect(
            try await connections.complete(
                query,
                at: connections.gateway.redirectURI,
                session,
                correlationID: "complete"
            ) == RouteKey(namespace: "demo", name: "notes")
        )
    }

    /// What a completion is refused with.
    func refusal(_ query: String, _ session: Session) async throws -> BrokerError {
        try await #require(throws: BrokerError.self) { try await complete(query, session) }
    }

    /// Calls the MCP server through the gateway.
    func call(_ user: String, tool: String = "whoami") async throws -> Answer {
        try await send(
            .post,
            gateway + "/servers/demo/notes/mcp",
            [
                "Authorization": "Bearer \(try await idToken(user))", "Content-Type": "application/json",
                "Accept": "application/json, text/event-stream",
            ],
            body: ["jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ["name": .string(tool)]]
        )
    }

    func setFaults(_ json: JSONValue) throws { enterprise.setFaults(try FaultTable(json: json)) }

    func count(_ endpoint: DemoEndpoint) -> Int { enterprise.counters[endpoint].requests }
}

/// Keeps all log lines, metadata included.
final class SeenLogs: Sendable {
    private let all = NIOLockedValueBox<[String]>([])

    var text: String { all.withLockedValue { $0.joined(separator: "\n") } }

    var logger: Logger { Logger(label: "test") { _ in Handler(logs: self) } }

    private struct Handler: LogHandler {
        let logs: SeenLogs
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let line = "\(event.level) \(event.message) \(metadata) \(event.metadata ?? [:])"
            logs.all.withLockedValue { $0.append(line) }
        }
    }
}
