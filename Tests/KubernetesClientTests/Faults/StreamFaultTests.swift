// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Curl
import HTTPTransport
import KubernetesAPI
import KubernetesClient
import KubernetesTesting
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

/// Callers that go away in the middle, and callers that are slow, over real sockets.
@Suite("Faults of callers", .timeLimit(.minutes(10)))
struct StreamFaultTests {
    // MARK: Cancellation

    /// Where a caller is when it is cancelled.
    enum Place: String, CaseIterable {
        case list
        case watch
        case pause
    }

    @Test("T61: a caller that is cancelled returns, and nothing of its call is left", arguments: Place.allCases)
    func cancelled(_ place: Place) async throws {
        let seen = try await Self.cancelled(place, faulty: true)
        #expect(seen == Cancellation(outcome: "cancelled", wasHeld: true, isFree: true))
    }

    @Test("T61: without a cancellation the same case fails, so it can fail", arguments: Place.allCases)
    func notCancelled(_ place: Place) async throws {
        #expect(try await Self.cancelled(place, faulty: false).outcome == "answered")
    }

    private struct Cancellation: Equatable {
        /// How the call ended.
        var outcome: String
        /// Whether a connection, or in a pause a sleep, was held before.
        var wasHeld: Bool
        /// Whether the server saw every connection close and nobody sleeps any more.
        var isFree: Bool
    }

    /// Cancels the caller of a server that never answers; unless `faulty`, has a sound server answer it.
    ///
    /// Nothing but the cancellation can end what is waited for here: the client's clock stands still, and the
    /// transport's deadlines lie beyond the time that ``eventually(within:_:)`` waits.
    private static func cancelled(_ place: Place, faulty: Bool) async throws -> Cancellation {
        try await ScriptedAPIServer.withServer { request, _ in
            guard faulty else { return SoundServer.answer(request) }
            return switch place {
            case .list: [.silence]
            case .watch: [.head(), .chunk(SoundServer.event("x")), .silence]
            case .pause:
                [.response(status: 503, headers: [("Retry-After", "30"), ("Connection", "close")], body: ""), .close]
            }
        } _: { server in
            try await withClient(server) { client, clock in
                let isReading = NIOLockedValueBox(false)
                let outcome = NIOLockedValueBox("none")
                let caller = Task {
                    let end: String
                    do {
                        try await call(place, client) { isReading.withLockedValue { $0 = true } }
                        end = "answered"
                    } catch { end = error is CancellationError ? "cancelled" : "\(error)" }
                    outcome.withLockedValue { $0 = end }
                }
                var wasHeld = false
                if faulty {
                    // The server is silent by then, or the client asleep until the clock moves.
                    wasHeld = await eventually {
                        switch place {
                        case .list: server.requests.count == 1 && server.openConnectionCount == 1
                        case .watch: isReading.withLockedValue { $0 } && server.openConnectionCount == 1
                        case .pause: clock.sleeperCount == 1
                        }
                    }
                    caller.cancel()
                }
                _ = await eventually { outcome.withLockedValue { $0 } != "none" }
                let isFree = await eventually {
                    guard faulty else { return true }
                    return server.openConnectionCount == 0 && clock.sleeperCount == 0
                }
                return Cancellation(outcome: outcome.withLockedValue { $0 }, wasHeld: wasHeld, isFree: isFree)
            }
        }
    }

    private static func call(_ place: Place, _ client: ClusterClient, onEvent: () -> Void) async throws {
        switch place {
        case .list: _ = try await client.widgets.list()
        case .pause: _ = try await client.widgets.get(todo)
        case .watch: for try await _ in try await client.widgets.watch(options) { onEvent() }
        }
    }

    // MARK: Back-pressure

    @Test("T62: a reader slower than the server gets every event, and holds the server back")
    func slowReader() async throws {
        let seen = try await Self.slowReading(readsAhead: false)
        #expect(seen.names == Backlog.events)
        #expect(seen.isInOrder)
        #expect(seen.largestLead < Backlog.bound)
    }

    @Test("T62: a reader that reads ahead without bounds does not hold it back, so the case can fail")
    func readingAhead() async throws {
        #expect(try await Self.slowReading(readsAhead: true).largestLead >= Backlog.bound)
    }

    private enum Backlog {
        static let events = 100_000
        static let eventsInChunk = 100
        /// Of one event: the sockets' buffers hold a few megabytes, a fifth of the whole.
        static let padding = String(repeating: " ", count: 360)
        /// How many events the server may be ahead: what the sockets, curl and the transport may hold, and no more.
        static let bound = 40_000
    }

    private struct SlowReading {
        var names = 0
        var isInOrder = true
        /// The most events that the server had written and the reader had not read.
        var largestLead = 0
    }

    private static func slowReading(readsAhead: Bool) async throws -> SlowReading {
        let written = NIOLockedValueBox(0)
        return try await ScriptedAPIServer.withServer { _, _ in
            [
                .head(),
                .repeated { number in
                    let first = number * Backlog.eventsInChunk
                    guard first < Backlog.events else { return nil }
                    written.withLockedValue { $0 = first }
                    let lines = (first..<(first + Backlog.eventsInChunk)).map {
                        #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"\#($0)"}}}\#(Backlog.padding)"#
                    }
                    return .chunk(lines.joined(separator: "\n") + "\n")
                }, .endOfChunks,
            ]
        } _: { server in
            try await withClient(server) { client, _ in
                var seen = SlowReading()
                var ahead: [WatchEvent<Widget>] = []
                func read(_ event: WatchEvent<Widget>) {
                    if case .bookmark(let version) = event {
                        seen.isInOrder = seen.isInOrder && version.rawValue == "\(seen.names)"
                        seen.names += 1
                    }
                    seen.largestLead = max(seen.largestLead, written.withLockedValue { $0 } - seen.names)
                }
                for try await event in try await client.widgets.watch(options) {
                    if readsAhead { ahead.append(event) } else { read(event) }
                }
                for event in ahead { read(event) }
                return seen
            }
        }
    }

    // MARK: Fixture

    private static let options = WatchOptions(
        resourceVersion: ResourceVersion("1"),
        timeout: .seconds(300),
        idleDeadline: .seconds(70)
    )

    private static func withClient<Result: Sendable>(
        _ server: ScriptedAPIServer,
        _ body: (ClusterClient, ManualClock) async throws -> Result
    ) async throws -> Result {
        let transport = try CurlTransport()
        let clock = ManualClock()
        let client = try ClusterClient(
            configuration: ClusterConfiguration(server: HTTPURL(server.url)),
            transport: PatientTransport(transport),
            userAgent: "test",
            clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metrics: NOOPMetricsHandler.instance
        )
        let result = try await body(client, clock)
        await transport.shutdown()
        return result
    }
}
