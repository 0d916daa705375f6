// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Curl
import HTTPTransport
import JSON
import Logging
import NIOConcurrencyHelpers
import RouteService
import RouteTable
import ServiceLifecycle
import TestSupport
import Testing

/// A server on a port of its own, everything it depends on, and a client.
final class RouteStreamWorld: Sendable {
    /// What a test turns before the server starts.
    struct Options: Sendable {
        var settings = RouteServerSettings()
        var limits = RouteLog.Limits()
        var certificate: TestCertificate?
        var authenticator: (any ReaderAuthenticator)?
    }

    static let token = "canary-reader-token"

    let broadcast: RouteBroadcast
    let clock = ManualClock()
    let metrics = RecordingMetrics()
    let log = RecordingLog()
    let receiver = RecordingReceiver()
    let identity: TestIdentity?
    let tokens = TokenTable([
        RouteStreamWorld.token: .success(ReaderIdentity(name: "sallyport-system/sallyport-gateway", pod: "gateway-1"))
    ])
    let transport: CurlTransport
    private let port = NIOLockedValueBox<Int?>(nil)
    private let group = NIOLockedValueBox<ServiceGroup?>(nil)
    private let options: Options

    init(_ options: Options) throws {
        self.options = options
        broadcast = RouteBroadcast(limits: options.limits)
        identity = options.certificate.map { TestIdentity($0) }
        transport = try CurlTransport()
    }

    func server() throws -> RouteServer {
        try RouteServer(
            address: RouteServerAddress(host: "127.0.0.1", port: 0),
            settings: options.settings,
            broadcast: broadcast,
            authenticator: options.authenticator ?? tokens,
            receiver: receiver,
            identity: identity,
            metrics: metrics,
            clock: clock,
            logger: log.logger(),
            onListening: { [port] address in port.withLockedValue { $0 = address.port } }
        )
    }

    /// Runs the server until the body returns, then shuts it down in order.
    static func run(
        _ options: Options = Options(),
        _ body: (RouteStreamWorld) async throws -> Void
    ) async throws {
        let world = try RouteStreamWorld(options)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [try world.server()], logger: world.log.logger())
        )
        world.group.withLockedValue { $0 = group }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let result: Result<Void, any Error>
            do {
                try #require(await eventually { world.port.withLockedValue { $0 } != nil })
                result = .success(try await body(world))
            } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            // Streams that a test leaves open are cut when their grace is over, on the test's clock.
            tasks.addTask {
                while !Task.isCancelled {
                    world.clock.advance(by: .seconds(1))
                    do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
                }
            }
            try await tasks.next()
            tasks.cancelAll()
            await world.transport.shutdown()
            try result.get()
        }
    }

    /// Begins an orderly shutdown.
    func shutDown() async { await group.withLockedValue { $0 }?.triggerGracefulShutdown() }

    /// Whether that many tasks wait for the clock.
    func isAsleep(_ count: Int) async throws {
        try #require(await eventually { self.clock.sleeperCount >= count })
    }

    func client(_ trust: HTTPClientConfiguration.Trust = .system) throws -> any HTTPClient {
        try transport.makeClient(HTTPClientConfiguration(trust: trust))
    }

    func url(_ path: String) -> String {
        "\(identity == nil ? "http" : "https")://127.0.0.1:\(port.withLockedValue { $0 } ?? 0)\(path)"
    }

    func send(
        _ method: OutgoingRequest.Method,
        _ path: String,
        token: String? = RouteStreamWorld.token,
        body: OutgoingRequest.Body = .none,
        isStream: Bool = false,
        client: (any HTTPClient)? = nil
    ) async throws -> IncomingResponse {
        var headers: HTTPHeaders = [:]
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        return try await (client ?? self.client()).send(
            OutgoingRequest(
                method,
                url(path),
                headers: headers,
                body: body,
                deadlines: Deadlines(connect: .seconds(60), head: .seconds(60), total: isStream ? nil : .seconds(120)),
                maximumResponseBody: nil,
                trafficClass: isStream ? .stream : .request
            )
        )
    }

    /// A stream of the whole table and all changes; its head has arrived.
    func watch(token: String = RouteStreamWorld.token, client: (any HTTPClient)? = nil) async throws -> ReaderProbe {
        let response = try await send(.get, "/v1/routes?watch=true", token: token, isStream: true, client: client)
        try #require(response.status == 200)
        return ReaderProbe(response)
    }

    func report(
        _ instance: String,
        _ body: String,
        token: String? = RouteStreamWorld.token
    ) async throws -> IncomingResponse {
        try await send(.post, "/v1/gateways/\(instance)/status", token: token, body: .bytes(Array(body.utf8)))
    }
}

/// Reads a stream line by line.
struct ReaderProbe {
    let response: IncomingResponse
    private var lines: LineSequence.Iterator

    init(_ response: IncomingResponse) {
        self.response = response
        lines = LineSequence(response.body, maximumLineLength: 1 << 20).makeAsyncIterator()
    }

    /// The next line; `nil` at the end of the stream.
    mutating func line() async throws -> String? {
        try await lines.next().map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// The next event; `nil` at the end of the stream.
    mutating func event() async throws -> RouteEvent? {
        guard let line = try await lines.next() else { return nil }
        return try RouteEvent(json: JSONValue(parsing: line.bytes))
    }

    /// Reads up to the end of the table; returns its number of routes.
    mutating func sync() async throws -> Int {
        var table = RouteTableState()
        while !table.isFollowing { _ = try table.apply(try #require(try await event())) }
        return table.snapshot.routes.count
    }

    /// Reads to the end; a connection that breaks off is an end too.
    mutating func drain() async throws {
        do { while try await event() != nil {} } catch is HTTPTransportError {}
    }
}

extension IncomingResponse {
    /// The `reason` of an error's body.
    func reason() async throws -> String? {
        let bytes = try await body.collect(upTo: 1 << 20)
        guard case .object(let object) = try JSONValue(parsing: bytes), let error = object["error"] else { return nil }
        let reason: String = try error.required("reason")
        let message: String = try error.required("message")
        #expect(message.hasSuffix("."))
        return reason
    }
}
