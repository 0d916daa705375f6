// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Route subscription", .timeLimit(.minutes(10)))
struct RouteSubscriptionTests {
    private let scripted = ScriptedOperator()

    private var routes: LiveRoutes { scripted.routes }

    private func serves(_ text: String) async throws {
        let routes = routes
        try await until("the table is '\(text)', not '\(routes.snapshot.text)'") {
            routes.snapshot.text == text && routes.picture.isFollowing
        }
    }

    @Test("A table is served once it is complete, and then each change")
    func follows() async throws {
        try await scripted.follow {
            let stream = try await scripted.connection(1)
            #expect(routes.picture.hasSynced == false)
            #expect(routes.age == nil)
            #expect(routes.problems == ["No route is known yet. No answer yet."])
            stream.write([.reset(revision: 5, count: 1), .put(revision: 5, .sample("a"))])
            stream.write(.heartbeat)
            try await until("the lines are read") { scripted.clock.sleeperCount == 1 }
            #expect(routes.snapshot.text == "")
            stream.write(.synced(revision: 5))
            try await serves("a=1")
            stream.write(.put(revision: 6, .sample("b")))
            try await serves("a=1 b=1")
            stream.write(.put(revision: 7, .sample("a", version: "2")))
            try await serves("a=2 b=1")
            stream.write(.delete(revision: 8, .team("b")))
            try await serves("a=2")
            #expect(routes.snapshot.revision == 8)
            #expect(routes.problems.isEmpty)
            #expect(scripted.metrics.value("route_table_routes{}") == 1)
            #expect(scripted.metrics.value("route_table_changes_total{type=put}") == 2)
            #expect(scripted.metrics.value("route_table_changes_total{type=delete}") == 1)
            #expect(scripted.metrics.value("route_table_following{}") == 1)
        }
    }

    @Test("Each connection asks for changes as a stream, with the token of that moment")
    func request() async throws {
        try await scripted.follow {
            try await scripted.connection(1).end()
            scripted.rotateToken(to: "token-2")
            try await scripted.passPause(after: 1)
            _ = try await scripted.connection(2)
        }
        let requests = scripted.connections.map(\.request)
        #expect(requests.map { $0.headers["Authorization"] } == ["Bearer token-1", "Bearer token-2"])
        for request in requests {
            #expect(request.method == .get)
            #expect(request.url == "https://operator.example:9443/v1/routes?watch=true")
            #expect(request.trafficClass == .stream)
            #expect(request.deadlines.total == nil)
            #expect(request.deadlines.head != nil)
        }
    }

    /// What goes wrong on a connection that had delivered `a=1` at revision 5.
    struct Fault: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var cause: RouteStreamError.Code
        var play: @Sendable (ScriptedBody) -> Void

        init(_ name: String, _ cause: RouteStreamError.Code, _ play: @escaping @Sendable (ScriptedBody) -> Void) {
            testDescription = name
            self.cause = cause
            self.play = play
        }
    }

    private static let faults: [Fault] = [
        Fault("the operator ends the stream", .disconnected) { $0.end() },
        Fault("the connection breaks", .disconnected) { $0.end(HTTPTransportError(.connectionLost, "It broke.")) },
        Fault("a line is cut short", .disconnected) { stream in
            stream.write(Array(RouteEvent.put(revision: 6, .sample("x")).bytes.dropLast(9)))
            stream.end()
        },
        Fault("a line is no JSON", .malformed) { $0.write(Array("{\"type\":\n".utf8)) },
        Fault("a line is of an unknown type", .malformed) { $0.write(Array("{\"type\":\"PATCH\"}\n".utf8)) },
        Fault("a route lacks a member", .malformed) {
            $0.write(Array("{\"type\":\"PUT\",\"revision\":6,\"route\":{\"key\":\"team/x\"}}\n".utf8))
        },
        Fault("a key is none", .malformed) {
            $0.write(Array("{\"type\":\"DELETE\",\"revision\":6,\"key\":\"x\"}\n".utf8))
        },
        Fault("a line is longer than a mebibyte", .malformed) {
            $0.write([UInt8](repeating: UInt8(ascii: " "), count: (1 << 20) + 2))
        },
        Fault("a table has too few routes", .incomplete) {
            $0.write([.reset(revision: 6, count: 2), .put(revision: 6, .sample("x")), .synced(revision: 6)])
        },
        Fault("a table has too many routes", .incomplete) {
            $0.write([.reset(revision: 6, count: 0), .put(revision: 6, .sample("x")), .synced(revision: 6)])
        },
        Fault("a table has a negative number of routes", .incomplete) {
            $0.write([.reset(revision: 6, count: -1), .synced(revision: 6)])
        },
        Fault("more routes are announced than fit", .unexpectedEvent) { $0.write(.reset(revision: 6, count: .max)) },
        Fault("a revision goes backwards", .unexpectedEvent) { $0.write(.put(revision: 4, .sample("x"))) },
        Fault("a revision comes twice", .unexpectedEvent) { $0.write(.put(revision: 5, .sample("x"))) },
        Fault("a second end of the table", .unexpectedEvent) { $0.write(.synced(revision: 6)) },
        Fault("a deletion within a table", .unexpectedEvent) {
            $0.write([.reset(revision: 6, count: 1), .delete(revision: 6, .team("a"))])
        },
    ]

    @Test("Whatever breaks, the last table is served, and the next connection's takes its place", arguments: faults)
    func survives(_ fault: Fault) async throws {
        try await scripted.follow {
            let first = try await scripted.connection(1)
            first.write(RouteEvent.table(5, .sample("a")))
            try await serves("a=1")
            fault.play(first)
            try await until("the stream is given up") { !routes.picture.isFollowing && scripted.log.contains("cause") }
            #expect(routes.snapshot.text == "a=1")
            #expect(routes.problems.count == 1)
            #expect(routes.picture.problem?.hasSuffix(".") == true)
            try await scripted.passPause(after: 1)
            let second = try await scripted.connection(2)
            #expect(routes.snapshot.text == "a=1")
            second.write(RouteEvent.table(2, .sample("b")))
            try await serves("b=1")
            #expect(routes.snapshot.revision == 2)
            #expect(routes.problems.isEmpty)
        }
        #expect(scripted.metrics.value("route_table_stream_ends_total{cause=\(fault.cause.rawValue)}") == 1)
        #expect(scripted.log.contains(fault.cause.rawValue))
        #expect(!scripted.log.contains(VersionedRoute.canary))
        #expect(!scripted.log.contains("token-1"))
    }

    @Test(
        "A refusal is logged with what to check, and the operator is asked again",
        arguments: [(401, "tokenFile"), (403, "serviceAccounts"), (404, "routes.url"), (500, "log"), (503, "again")]
    )
    func refused(status: Int, advice: String) async throws {
        scripted.refuse(IncomingResponse(status: status))
        try await scripted.follow {
            _ = try await scripted.connection(1)
            try await scripted.passPause(after: 1)
            try await scripted.connection(2).write(RouteEvent.table(1))
            try await until("the table is there") { routes.picture.hasSynced }
        }
        #expect(scripted.log.contains("status \(status)"))
        #expect(scripted.log.contains(advice))
    }

    @Test("An answer that is no route stream is not read")
    func wrongContent() async throws {
        scripted.refuse(IncomingResponse(status: 200, headers: ["Content-Type": "text/html"]))
        try await scripted.follow {
            _ = try await scripted.connection(1)
            try await scripted.passPause(after: 1)
            _ = try await scripted.connection(2)
        }
        #expect(scripted.log.contains("text/html"))
        #expect(scripted.metrics.value("route_table_stream_ends_total{cause=malformed}") == 1)
    }

    @Test("A new table in the middle of a stream is built beside the one that is served")
    func reset() async throws {
        try await scripted.follow {
            let stream = try await scripted.connection(1)
            stream.write(RouteEvent.table(5, .sample("a"), .sample("b")))
            try await serves("a=1 b=1")
            stream.write([.reset(revision: 9, count: 1), .put(revision: 9, .sample("c"))])
            try await until("the new table has begun") { !routes.picture.isFollowing }
            #expect(routes.snapshot.text == "a=1 b=1")
            stream.write(.synced(revision: 9))
            try await serves("c=1")
            #expect(scripted.connections.count == 1)
        }
    }
}

@Suite("Route subscription over time", .timeLimit(.minutes(10)))
struct RouteSubscriptionTimeTests {
    private let scripted = ScriptedOperator()

    private var routes: LiveRoutes { scripted.routes }

    private func synced(_ number: Int) async throws -> ScriptedBody {
        let stream = try await scripted.connection(number)
        stream.write(RouteEvent.table(5, .sample("a")))
        try await until("the table is there and watched") {
            routes.picture.isFollowing && scripted.clock.sleeperCount == 1
        }
        return stream
    }

    /// Lets time pass and waits until the watch over the stream sleeps again.
    private func pass(_ duration: Duration) async throws {
        scripted.clock.advance(by: duration)
        try await until("somebody waits again") { scripted.clock.sleeperCount == 1 }
    }

    @Test("45 s of silence end a stream, and a heartbeat before that keeps it")
    func silence() async throws {
        try await scripted.follow {
            let stream = try await synced(1)
            for _ in 0..<5 {
                try await pass(.seconds(40))
                #expect(routes.age == .seconds(40))
                stream.write(.heartbeat)
                try await until("the heartbeat is read") { routes.age == .zero }
            }
            try await pass(.seconds(44))
            #expect(routes.picture.isFollowing)
            scripted.clock.advance(by: .seconds(1))
            try await until("the stream counts as dead") { !routes.picture.isFollowing }
            try await until("the connection is closed") { stream.isCancelled }
            #expect(routes.snapshot.text == "a=1")
            try await scripted.passPause(after: 1)
            _ = try await synced(2)
        }
        #expect(scripted.metrics.value("route_table_stream_ends_total{cause=silent}") == 1)
    }

    @Test("An operator that does not even answer counts as silent")
    func noHead() async throws {
        let clock = ManualClock()
        let client = ScriptedHTTPClient { _ in
            // Until it is cancelled: nobody moves this clock.
            try await ManualClock().sleep(for: .seconds(1))
            throw CancellationError()
        }
        let subscription = RouteSubscription(
            to: try scripted.endpoint,
            through: client,
            into: routes,
            logger: scripted.logger,
            clock: clock,
            generator: FixedGenerator()
        )
        let task = Task { await subscription.run() }
        defer { task.cancel() }
        try await until("it is asked and watched") { client.requests.count == 1 && clock.sleeperCount == 1 }
        clock.advance(by: .seconds(45))
        try await until("it is given up") { routes.picture.problem?.contains("silent") == true }
        task.cancel()
        await task.value
    }

    @Test("A table that does not become complete ends the stream, heartbeats or not")
    func incomplete() async throws {
        try await scripted.follow {
            let stream = try await scripted.connection(1)
            stream.write(.reset(revision: 1, count: 1))
            try await until("it is given up") {
                stream.write(.heartbeat)
                scripted.clock.advance(by: .milliseconds(100))
                return routes.picture.problem?.contains("was not complete") == true
            }
        }
        #expect(!routes.picture.hasSynced)
    }

    @Test("Pauses double from 200 ms to 10 s, and start over after a stream that had a whole table")
    func backOff() async throws {
        try await scripted.follow {
            var expected = [200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000].map { Duration.milliseconds($0) }
            for number in 1...8 {
                try await scripted.connection(number).end()
                let pause = expected.removeFirst()
                try await scripted.passPause(after: number, pause - .milliseconds(1))
                #expect(scripted.connections.count == number)
                scripted.clock.advance(by: .milliseconds(1))
            }
            try await synced(9).end()
            try await scripted.passPause(after: 9, .milliseconds(200))
            _ = try await scripted.connection(10)
        }
    }

    @Test("Retry-After lengthens the pause, to a minute at most", arguments: [("7", 7), ("86400", 60), ("soon", 0)])
    func retryAfter(text: String, seconds: Int) async throws {
        scripted.refuse(IncomingResponse(status: 503, headers: ["Retry-After": text]))
        try await scripted.follow {
            let pause = max(Duration.seconds(seconds), .milliseconds(200))
            try await scripted.passPause(after: 1, pause - .milliseconds(1))
            #expect(scripted.connections.count == 1)
            scripted.clock.advance(by: .milliseconds(1))
            _ = try await scripted.connection(2)
        }
    }

    @Test("The whole table can be read once, without waiting for changes")
    func fetch() async throws {
        let client = ScriptedHTTPClient { _ in
            IncomingResponse(
                status: 200,
                headers: ["Content-Type": "application/x-ndjson"],
                body: ResponseBody(chunks: RouteEvent.table(3, .sample("a"), .sample("b")).map(\.bytes))
            )
        }
        let subscription = RouteSubscription(
            to: try scripted.endpoint,
            through: client,
            into: routes,
            logger: scripted.logger,
            clock: scripted.clock
        )
        #expect(try await subscription.fetch().text == "a=1 b=1")
        #expect(client.requests.map(\.url) == ["https://operator.example:9443/v1/routes"])
        let refusing = RouteSubscription(
            to: try scripted.endpoint,
            through: ScriptedHTTPClient { _ in IncomingResponse(status: 401) },
            into: routes,
            logger: scripted.logger,
            clock: scripted.clock
        )
        let error = try await #require(throws: RouteStreamError.self) { _ = try await refusing.fetch() }
        #expect(error.code == .refused)
    }
}
