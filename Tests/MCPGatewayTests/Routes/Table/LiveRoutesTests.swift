// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Live routes", .timeLimit(.minutes(10)))
struct LiveRoutesTests {
    private static func snapshot(_ revision: Int64, _ names: String...) -> RouteSnapshot {
        let broadcast = RouteBroadcast()
        for name in names { _ = broadcast.put(.sample(name)) }
        return RouteSnapshot(revision: revision, routes: broadcast.snapshot.routes)
    }

    @Test("A reader that is slow gets the newest table and all keys that changed since")
    func merges() async throws {
        let routes = LiveRoutes()
        let changes = routes.changes()
        #expect(try await changes.next().touched == .everything)
        routes.replace(with: Self.snapshot(1, "a"))
        routes.change(to: Self.snapshot(2, "a", "b"), .team("b"))
        #expect(try await changes.next().touched == .everything)
        routes.change(to: Self.snapshot(3, "a", "b", "c"), .team("c"))
        routes.stopFollowing("It is lost.")
        routes.change(to: Self.snapshot(4, "a", "c"), .team("b"))
        let (picture, touched) = try await changes.next()
        #expect(touched == .keys([.team("b"), .team("c")]))
        #expect(picture.snapshot.revision == 4)
        #expect(!picture.isFollowing)
        #expect(picture.problem == "It is lost.")
    }

    @Test("No more than 10,000 keys are kept for a reader; after that it is everything")
    func bounded() {
        var touched = RouteChanges.Touched.keys([])
        for number in 0..<10_000 { touched.add(.keys([.team("\(number)")])) }
        guard case .keys(let keys) = touched else {
            Issue.record("The keys are gone")
            return
        }
        #expect(keys.count == 10_000)
        touched.add(.keys([.team("one more")]))
        #expect(touched == .everything)
        touched.add(.keys([.team("a")]))
        #expect(touched == .everything)
    }

    @Test("A waiting reader is woken by a change, and ended by cancellation")
    func waits() async throws {
        let routes = LiveRoutes()
        let changes = routes.changes()
        _ = try await changes.next()
        async let next = changes.next()
        routes.replace(with: Self.snapshot(7, "a"))
        #expect(try await next.picture.snapshot.revision == 7)
        let waiting = Task { try await changes.next().picture.snapshot.revision }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test("The age counts from when the table was last confirmed, and problems say it")
    func age() {
        let clock = ManualClock()
        let routes = LiveRoutes(clock: clock)
        routes.confirm()
        #expect(routes.age == nil)
        routes.replace(with: Self.snapshot(1))
        clock.advance(by: .seconds(20))
        #expect(routes.age == .seconds(20))
        routes.confirm()
        #expect(routes.age == .zero)
        routes.stopFollowing("The operator is gone.")
        clock.advance(by: .seconds(90))
        // A source that is lost confirms nothing.
        routes.confirm()
        #expect(routes.age == .seconds(90))
        #expect(routes.problems == ["The routes are 90 s old; they stay in use. The operator is gone."])
    }
}

@Suite("Route feed", .timeLimit(.minutes(10)))
struct RouteFeedTests {
    @Test("The table of the same process is followed change by change, and kept when it ends")
    func follows() async throws {
        let broadcast = RouteBroadcast()
        _ = broadcast.put(.sample("a"))
        let routes = LiveRoutes()
        let feed = Task { await RouteFeed(from: broadcast, into: routes).run() }
        try await until("the table is there") { routes.snapshot.text == "a=1" }
        #expect(routes.picture.hasSynced)
        _ = broadcast.put(.sample("b"))
        try await until("the new route is there") { routes.snapshot.text == "a=1 b=1" }
        // A beat is no change, and must not end the wait for one.
        broadcast.beat()
        _ = broadcast.remove(.team("a"))
        try await until("the old route is gone") { routes.snapshot.text == "b=1" }
        #expect(routes.picture.isFollowing)
        broadcast.close()
        await feed.value
        #expect(!routes.picture.isFollowing)
        #expect(routes.snapshot.text == "b=1")
    }

    @Test("It ends when it is cancelled")
    func cancellation() async throws {
        let routes = LiveRoutes()
        let feed = Task { await RouteFeed(from: RouteBroadcast(), into: routes).run() }
        try await until("the table is there") { routes.picture.hasSynced }
        feed.cancel()
        await feed.value
        #expect(!routes.picture.isFollowing)
    }
}
