// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable
import Testing

@Suite("Route log")
struct RouteLogTests {
    private static func events(_ lines: [RouteLine]?) throws -> [RouteEvent]? {
        try lines?.map { try RouteEvent(json: JSONValue(parsing: $0.bytes)) }
    }

    /// A log behind a reference, so that an expectation can change it.
    private final class Log {
        var log: RouteLog

        init(limits: RouteLog.Limits = RouteLog.Limits()) { log = RouteLog(limits: limits) }

        var revision: Int64 { log.revision }
        var count: Int { log.count }
        var snapshot: RouteSnapshot { log.snapshot }
        var tableLines: [RouteLine] { log.tableLines }
        func put(_ route: VersionedRoute) -> Bool { log.put(route) }
        func remove(_ key: RouteKey) -> Bool { log.remove(key) }
        func hold(_ key: RouteKey) { log.hold(key) }
        func changes(after cursor: Int64, upTo bytes: Int) -> [RouteLine]? { log.changes(after: cursor, upTo: bytes) }
    }

    @Test("only what changes the table is a change")
    func changes() throws {
        let log = Log()
        let (first, second) = (Sample.versioned("a"), Sample.versioned("a", 2))
        #expect(log.put(first))
        #expect(!log.put(first))
        #expect(log.put(second))
        #expect(!log.remove(RouteKey(namespace: "team-a", name: "b")))
        #expect(log.remove(first.route.key))
        #expect(!log.remove(first.route.key))
        #expect((log.revision, log.count) == (3, 0))
        #expect(
            try Self.events(log.changes(after: 0, upTo: .max))
                == [.put(revision: 1, first), .put(revision: 2, second), .delete(revision: 3, first.route.key)]
        )
        #expect(try Self.events(log.changes(after: 2, upTo: .max)) == [.delete(revision: 3, first.route.key)])
        #expect(try Self.events(log.changes(after: 3, upTo: .max)) == [])
    }

    @Test("what is not known is named in a table, and ends with a route or with the word that there is none")
    func held() throws {
        let log = Log()
        let (a, b) = (Sample.versioned("a"), Sample.versioned("b"))
        log.hold(a.route.key)
        log.hold(b.route.key)
        // Who follows has it anyway.
        #expect((log.revision, log.count) == (0, 0))
        #expect(try Set(Self.events(log.tableLines) ?? []) == [.keep(a.route.key), .keep(b.route.key)])
        #expect(log.put(a))
        #expect(log.remove(b.route.key))
        #expect(!log.remove(b.route.key))
        #expect(try Self.events(log.tableLines) == [.put(revision: 1, a)])
        #expect(try Self.events(log.changes(after: 1, upTo: .max)) == [.delete(revision: 2, b.route.key)])
        // A route that is there needs no word.
        log.hold(a.route.key)
        #expect(try Self.events(log.tableLines) == [.put(revision: 1, a)])
    }

    @Test("a reader that is ahead of the log, or from another time, starts over")
    func strangers() {
        let log = Log()
        _ = log.put(Sample.versioned("a"))
        #expect(log.changes(after: 2, upTo: .max) == nil)
        #expect(log.changes(after: -1, upTo: .max) == nil)
        #expect(log.changes(after: .max, upTo: .max) == nil)
    }

    @Test("a reader 10,000 changes behind gets them, and starts over one change later")
    func limitOfChanges() throws {
        let log = Log()
        for generation in 1...10_000 { _ = log.put(Sample.versioned("a", Int64(generation))) }
        #expect(log.changes(after: 0, upTo: .max)?.count == 10_000)
        _ = log.put(Sample.versioned("a", 10_001))
        #expect(log.changes(after: 0, upTo: .max) == nil)
        #expect(log.changes(after: 1, upTo: .max)?.count == 10_000)
    }

    @Test("a reader 8 MiB behind starts over, however few changes that are")
    func limitOfBytes() throws {
        let log = Log()
        var (sizes, generation) = ([Int](), Int64(0))
        while sizes.reduce(0, +) <= 8 << 20 {
            generation += 1
            var route = Sample.route("a", generation: generation, isBare: true)
            route.description = String(repeating: "x", count: 100_000)
            let versioned = VersionedRoute(route: route, version: "v\(generation)")
            _ = log.put(versioned)
            sizes.append(RouteLine(.put(revision: generation, versioned)).bytes.count)
        }
        #expect(log.changes(after: 0, upTo: .max) == nil)
        let kept = try #require(log.changes(after: 1, upTo: .max))
        #expect(kept.map(\.bytes.count) == Array(sizes.dropFirst()))
        #expect(kept.reduce(0) { $0 + $1.bytes.count } <= 8 << 20)
    }

    @Test("a change that is larger than the limit by itself is not kept, and the next reader starts over")
    func oneLargeChange() {
        let log = Log(limits: RouteLog.Limits(changes: 10, bytes: 64))
        _ = log.put(Sample.versioned("a"))
        #expect(log.changes(after: 0, upTo: .max) == nil)
        #expect(log.changes(after: 1, upTo: .max) == [])
    }

    @Test("changes are handed out by size, and one at a time at the least")
    func pieces() {
        let log = Log()
        for generation in 1...5 { _ = log.put(Sample.versioned("a", Int64(generation))) }
        let size = log.changes(after: 0, upTo: 1)?.first?.bytes.count ?? 0
        #expect(log.changes(after: 0, upTo: 0)?.count == 1)
        #expect(log.changes(after: 0, upTo: size)?.count == 1)
        #expect(log.changes(after: 0, upTo: size + 1)?.count == 2)
        #expect(log.changes(after: 0, upTo: 5 * size)?.count == 5)
    }

    @Test("a snapshot is what the table was, whatever comes after")
    func snapshot() {
        let log = Log()
        _ = log.put(Sample.versioned("a"))
        let before = log.snapshot
        _ = log.remove(Sample.versioned("a").route.key)
        #expect((before.revision, before.count) == (1, 1))
        #expect((log.snapshot.revision, log.snapshot.count) == (2, 0))
        #expect(log.tableLines == [])
    }
}
