// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import Logging
import MCPGateway
import NIOConcurrencyHelpers
import RouteTable
import TestSupport
import Testing

/// A response body that a test writes piece by piece.
final class ScriptedBody: ResponseBodySource {
    func cancel() {}

    private struct State {
        var chunks: [[UInt8]] = []
        var end: Result<Void, HTTPTransportError>?
        var waiter: CheckedContinuation<[UInt8]?, any Error>?
        var isCancelled = false
    }
    private let state = NIOLockedValueBox(State())

    /// Whether the reader gave up.
    var isCancelled: Bool { state.withLockedValue { $0.isCancelled } }

    func write(_ bytes: [UInt8]) { change { $0.chunks.append(bytes) } }
    func write(_ events: [RouteEvent]) { for event in events { write(event.bytes) } }
    func write(_ event: RouteEvent) { write(event.bytes) }
    func end(_ error: HTTPTransportError? = nil) { change { $0.end = error.map { .failure($0) } ?? .success(()) } }

    func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                change { $0.waiter = continuation }
            }
        } onCancel: {
            change { $0.isCancelled = true }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let (waiter, result) = state.withLockedValue { state in
            body(&state)
            guard let waiter = state.waiter, let result = Self.supply(&state) else {
                return (CheckedContinuation<[UInt8]?, any Error>?.none, Result<[UInt8]?, any Error>.success(nil))
            }
            state.waiter = nil
            return (waiter, result)
        }
        waiter?.resume(with: result)
    }

    private static func supply(_ state: inout State) -> Result<[UInt8]?, any Error>? {
        if state.isCancelled { return .failure(CancellationError()) }
        if !state.chunks.isEmpty { return .success(state.chunks.removeFirst()) }
        return state.end.map { end in end.map { nil }.mapError { $0 } }
    }
}

/// An operator whose every connection is played by the test.
final class ScriptedOperator: Sendable {
    struct Connection: Sendable {
        let request: OutgoingRequest
        let body: ScriptedBody
    }

    private struct State {
        var connections: [Connection] = []
        var answers: [IncomingResponse] = []
        var token = "token-1"
        var log: [String] = []
    }
    private let state = NIOLockedValueBox(State())
    let clock = ManualClock()
    let routes: LiveRoutes
    let metrics = RecordedMetrics()

    init() { routes = LiveRoutes(clock: clock) }

    var connections: [Connection] { state.withLockedValue { $0.connections } }
    /// Everything that was logged.
    var log: String { state.withLockedValue { $0.log.joined(separator: "\n") } }

    /// Answers of connections to come, before the usual one.
    func refuse(_ answers: IncomingResponse...) { state.withLockedValue { $0.answers += answers } }
    func rotateToken(to token: String) { state.withLockedValue { $0.token = token } }

    var client: ScriptedHTTPClient {
        ScriptedHTTPClient { request in
            let body = ScriptedBody()
            return self.state.withLockedValue { state in
                state.connections.append(Connection(request: request, body: body))
                if !state.answers.isEmpty { return state.answers.removeFirst() }
                return IncomingResponse(
                    status: 200,
                    headers: ["Content-Type": "application/x-ndjson"],
                    body: ResponseBody(body)
                )
            }
        }
    }

    var endpoint: RouteEndpoint {
        get throws {
            RouteEndpoint(try HTTPURL("https://operator.example:9443/")) {
                Redacted(self.state.withLockedValue { $0.token })
            }
        }
    }

    var logger: Logger {
        Logger(label: "test") { _ in
            RecordingLogHandler { line in self.state.withLockedValue { $0.log.append(line) } }
        }
    }

    /// The n-th connection, from 1, once it is made; time is moved on past pauses meanwhile.
    func connection(_ number: Int) async throws -> ScriptedBody {
        try await until("connection \(number) is made") { self.connections.count >= number }
        return connections[number - 1].body
    }

    /// Runs a subscription while `body` plays the operator.
    func follow(_ body: () async throws -> Void) async throws {
        let subscription = RouteSubscription(
            to: try endpoint,
            through: client,
            into: routes,
            metrics: metrics,
            logger: logger,
            clock: clock,
            generator: FixedGenerator()
        )
        let task = Task { await subscription.run() }
        defer { task.cancel() }
        try await body()
        task.cancel()
        await task.value
    }

    /// Waits for the pause after the n-th connection and lets it pass.
    func passPause(after number: Int, _ duration: Duration = .seconds(25)) async throws {
        try await until("the end of connection \(number) is noticed") {
            self.metrics.sum("route_table_stream_ends_total") == Double(number) && self.clock.sleeperCount == 1
        }
        clock.advance(by: duration)
    }
}

/// Always the same small number: no jitter, and not 0, with which a random number is never found.
struct FixedGenerator: RandomNumberGenerator, Sendable {
    func next() -> UInt64 { 1 }
}

/// Keeps each line with its metadata.
struct RecordingLogHandler: LogHandler {
    let record: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    init(_ record: @escaping @Sendable (String) -> Void) { self.record = record }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { record("\(event.level) \(event.message) \(event.metadata ?? [:])") }
}
