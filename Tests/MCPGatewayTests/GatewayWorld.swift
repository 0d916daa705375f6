// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import NIOConcurrencyHelpers
import OpenSSL
import RouteTable
import TestSupport

@testable import MCPGateway

/// A gateway before one MCP server, with the provider and the authorization server of a ``BrokerWorld``.
struct GatewayWorld: Sendable {
    static let todo = "/servers/team/todo/mcp"
    static let message: JSONValue = ["jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": ["name": "whoami"]]

    let world: BrokerWorld
    let routes: LiveRoutes
    let gateway: Gateway
    let upstream: ScriptedHTTPClient
    /// Where users consent.
    let peers: ConnectionWorld

    /// Runs a body while all parts do their work.
    ///
    /// - Parameters:
    ///   - routes: The servers there are; `nil`: none is known yet.
    ///   - limits: The gateway's.
    ///   - origins: Of pages that may call it.
    ///   - sessions: What is done when a session starts.
    ///   - settings: The broker's.
    ///   - server: Answers what is relayed.
    ///   - body: The test.
    /// - Throws: What the test throws.
    static func run(
        routes: [VersionedRoute]? = [.todo()],
        limits: RelayLimits = RelayLimits(),
        origins: [String] = [],
        sessions: SessionStartSettings = SessionStartSettings(servers: .none),
        settings: BrokerSettings = BrokerSettings(),
        server: @escaping ScriptedHTTPClient.Handler,
        _ body: (GatewayWorld) async throws -> Void
    ) async throws {
        try await ConnectionWorld.run(settings: settings) { peers in
            let world = peers.world
            let live = LiveRoutes(clock: world.clock)
            if let routes {
                let broadcast = RouteBroadcast()
                for route in routes { _ = broadcast.put(route) }
                live.replace(with: broadcast.snapshot)
            }
            let upstream = ScriptedHTTPClient(server)
            let random: @Sendable (Int) throws -> [UInt8] = { try RandomBytes.make(count: $0) }
            let relay = Relay(
                broker: world.broker,
                connections: peers.connections,
                client: upstream,
                seal: try SessionSeal(keys: [Redacted([UInt8](repeating: 7, count: 32))], random: random),
                limits: limits,
                clock: world.clock,
                wallClock: { world.now },
                leeway: world.authenticator.leeway,
                hosts: HostLabels(),
                metrics: world.metrics
            )
            let start = SessionStart(
                settings: sessions,
                routes: live,
                broker: world.broker,
                clock: world.clock,
                metrics: world.metrics,
                onDisplaced: { session in
                    world.authenticator.forget(session)
                    world.broker.forget(session)
                }
            )
            let gateway = Gateway(
                identity: try GatewayIdentity(
                    publicURL: "https://gw.example",
                    issuers: [FakeProvider.issuer],
                    allowedOrigins: origins
                ),
                routes: live,
                authenticator: world.authenticator,
                broker: world.broker,
                sessions: start,
                connections: peers.connections,
                relay: relay,
                limits: limits,
                audit: world.audit,
                wallClock: { world.now }
            )
            let started = Task { try await start.run() }
            defer { started.cancel() }
            try await body(
                GatewayWorld(world: world, routes: live, gateway: gateway, upstream: upstream, peers: peers)
            )
        }
    }

    /// Sends a request as a user.
    func send(
        _ method: String = "POST",
        _ path: String = todo,
        as user: String? = "alice",
        token: Redacted<String>? = nil,
        headers: HTTPHeaders = [:],
        body: ClientBody? = nil
    ) async throws -> ClientAnswer {
        var headers = headers
        if headers["Host"] == nil { headers["Host"] = "gw.example" }
        headers["Content-Type"] = "application/json"
        if headers["Accept"] == nil { headers["Accept"] = "application/json, text/event-stream" }
        let bytes = Self.message.serialized(.compact)
        return try await gateway.answer(
            ClientRequest(
                method: method,
                path: path,
                headers: headers,
                credential: try (token ?? user.map { try world.provider.idToken($0) }).map { .token($0) } ?? .absent,
                body: method == "POST" ? body ?? Self.held([bytes]) : .none
            )
        )
    }

    /// A body of those pieces, whose length is announced.
    static func held(_ pieces: [[UInt8]], announces: Bool = true) -> ClientBody {
        let rest = NIOLockedValueBox(pieces[...])
        return ClientBody(length: announces ? pieces.map(\.count).reduce(0, +) : nil) {
            rest.withLockedValue { $0.popFirst() }
        }
    }

    /// A server that is content with everything.
    static let content: ScriptedHTTPClient.Handler = { _ in good() }

    /// The JSON answer of a server that is content.
    static func good(_ headers: HTTPHeaders = [:]) -> IncomingResponse {
        json(200, ["jsonrpc": "2.0", "id": 7, "result": [:]], headers)
    }

    /// The answer of a server that wants further scopes.
    static func wanting(_ scopes: String) -> IncomingResponse {
        IncomingResponse(
            status: 403,
            headers: ["WWW-Authenticate": "Bearer error=\"insufficient_scope\", scope=\"\(scopes)\""]
        )
    }

    /// The word of the gateway's own error, or `nil` for somebody else's answer.
    static func reason(_ answer: ClientAnswer) throws -> String? {
        guard case .bytes(let bytes) = answer.body else { return nil }
        return try JSONValue(parsing: bytes)["error"]?["data"]?["reason"]?.stringValue
    }

    /// All of an answer's body.
    static func text(_ answer: ClientAnswer) async throws -> String {
        switch answer.body {
        case .none: return ""
        case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .relayed(let relayed):
            var bytes: [UInt8] = []
            while let piece = try await relayed.next() { bytes += piece }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

/// A body whose pieces a test sends when it likes.
final class OpenBody: ResponseBodySource {
    private let stream: AsyncStream<[UInt8]>
    private let continuation: AsyncStream<[UInt8]>.Continuation
    private let wasCancelled = NIOLockedValueBox(false)

    init() { (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingOldest(16)) }

    var isCancelled: Bool { wasCancelled.withLockedValue { $0 } }

    func send(_ text: String) { continuation.yield(Array(text.utf8)) }

    func next() async throws -> [UInt8]? {
        for await piece in stream { return piece }
        if isCancelled { throw CancellationError() }
        return nil
    }

    func cancel() {
        wasCancelled.withLockedValue { $0 = true }
        continuation.finish()
    }
}
