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
@Suite("Faults of callers", .timeLimit(.minutes(3)))
struct StreamFaultTests {
    // MARK: Cancellation

    /// Where a caller is when it is cancelled.
    enum Place: String, CaseIterable {
        case list
        case watch
        case pause
    }

    @Test("T61: a caller that is cancelled returns at once, and its connection is closed", arguments: Place.allCases)
    func cancelled(_ place: Place) async throws {
        let seen = try await Self.cancelled(place, faulty: true)
        #expect(seen.error == "cancelled")
        // Its deadlines are half a minute and more, and the bound is what a very busy machine needs.
        #expect(seen.duration < .seconds(10))
        #expect(seen.isClosed)
    }

    @Test("T61: without a cancellation the same case fails, so it can fail", arguments: Place.allCases)
    func notCancelled(_ place: Place) async throws {
        #expect(try await Self.cancelled(place, faulty: false).error != "cancelled")
    }

    private struct Cancellation {
        var error: String
        /// From the cancellation to the caller's return.
        var duration: Duration
        /// Whether the server saw every connection with an unfinished answer close.
        var isClosed: Bool
    }

    /// Cancels the caller of a server that never answers; unless `faulty`, has a sound server answer it.
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
                let caller = Task {
                    guard place != .pause else {
                        _ = try await client.widgets.get(todo)
                        return
                    }
                    guard place == .watch else {
                        _ = try await client.widgets.list()
                        return
                    }
                    for try await _ in try await client.widgets.watch(options) {
                        isReading.withLockedValue { $0 = true }
                    }
                }
                // The server is silent by then, or the client asleep until the clock moves.
                if faulty {
                    let isThere = await eventually {
                        switch place {
                        case .list: !server.requests.isEmpty
                        case .watch: isReading.withLockedValue { $0 }
                        case .pause: clock.sleeperCount > 0
                        }
                    }
                    #expect(isThere)
                }
                let start = ContinuousClock.now
                if faulty { caller.cancel() }
                var error = "none"
                do { try await caller.value } catch is CancellationError { error = "cancelled" } catch {}
                let duration = start.duration(to: .now)
                let isClosed = faulty ? await eventually { server.openConnectionCount == 0 } : true
                if case .success = await caller.result, faulty { error = "none" }
                return Cancellation(error: error, duration: duration, isClosed: isClosed)
            }
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
            transport: transport,
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
