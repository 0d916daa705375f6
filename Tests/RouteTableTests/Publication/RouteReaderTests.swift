// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable
import TestSupport
import Testing

@Suite("Route reader", .timeLimit(.minutes(10)))
struct RouteReaderTests {
    private static func broadcast(_ names: String..., limits: RouteLog.Limits = .init()) -> RouteBroadcast {
        let broadcast = RouteBroadcast(limits: limits)
        for name in names { _ = broadcast.put(Sample.versioned(name)) }
        return broadcast
    }

    /// The kinds of the events that a reader has been given so far, one piece at a time, until it is synced.
    private static func table(_ reader: Reader, upTo bytes: Int = 64 << 10) async throws -> [RouteEvent.Kind] {
        var kinds: [RouteEvent.Kind] = []
        repeat { kinds += try await reader.events(upTo: bytes).map(\.kind) } while !reader.isSynced
        return kinds
    }

    @Test("a reader gets the whole table, then what changes")
    func follows() async throws {
        let broadcast = Self.broadcast("a", "b")
        let reader = Reader(broadcast)
        #expect(!reader.isSynced)
        #expect(try await Self.table(reader) == [.reset, .put, .put, .synced])
        _ = broadcast.put(Sample.versioned("c"))
        _ = broadcast.remove(Sample.versioned("a").route.key)
        #expect(
            try await reader.events() == [
                .put(revision: 3, Sample.versioned("c")), .delete(revision: 4, Sample.versioned("a").route.key),
            ]
        )
    }

    @Test("what changes while the table is sent follows after it, also what the table already holds in its old form")
    func changesDuringTable() async throws {
        let broadcast = Self.broadcast("a", "b", "c")
        let reader = Reader(broadcast)
        var state = RouteTableState()
        for event in try await reader.events(upTo: 1) { _ = try state.apply(event) }
        for event in try await reader.events(upTo: 1) { _ = try state.apply(event) }
        for name in ["a", "b", "c"] { _ = broadcast.put(Sample.versioned(name, 2)) }
        _ = broadcast.remove(Sample.versioned("b").route.key)
        while !reader.isSynced { for event in try await reader.events(upTo: 1) { _ = try state.apply(event) } }
        #expect(state.snapshot.revision == 3)
        #expect(state.snapshot.count == 3)
        for event in try await reader.events() { _ = try state.apply(event) }
        #expect(state.snapshot.sorted == broadcast.snapshot.sorted)
    }

    @Test("a reader that falls out of the recent changes gets a new table, and nothing is kept for it meanwhile")
    func slowReader() async throws {
        let broadcast = Self.broadcast("a", limits: RouteLog.Limits(changes: 3, bytes: 8 << 20))
        let reader = Reader(broadcast)
        _ = try await Self.table(reader)
        for generation in 2...4 { _ = broadcast.put(Sample.versioned("a", Int64(generation))) }
        let patient = Reader(reader.value)
        #expect(try await patient.events().map(\.kind) == [.put, .put, .put])
        _ = broadcast.put(Sample.versioned("a", 5))
        #expect(try await Self.table(reader) == [.reset, .put, .synced])
        _ = broadcast.put(Sample.versioned("a", 6))
        #expect(try await reader.events() == [.put(revision: 6, Sample.versioned("a", 6))])
    }

    @Test("a beat makes readers that have nothing to say send one heartbeat, and no more")
    func heartbeat() async throws {
        let broadcast = Self.broadcast("a")
        let reader = Reader(broadcast)
        _ = try await Self.table(reader)
        broadcast.beat()
        broadcast.beat()
        #expect(try await reader.events() == [.heartbeat])
        let waiting = Task { [value = reader.value] in
            var reader = value
            return try await reader.events()
        }
        _ = broadcast.put(Sample.versioned("b"))
        #expect(try await waiting.value == [.put(revision: 2, Sample.versioned("b"))])
    }

    @Test("what a reader waits for reaches it: a change, a beat, the end")
    func wakes() async throws {
        let actions: [(@Sendable (RouteBroadcast) -> Void, [RouteEvent.Kind]?)] = [
            ({ _ = $0.put(Sample.versioned("b")) }, [.put]), ({ $0.beat() }, [.heartbeat]), ({ $0.close() }, nil),
        ]
        for (act, expected) in actions {
            let broadcast = Self.broadcast("a")
            let reader = Reader(broadcast)
            _ = try await Self.table(reader)
            let waiting = Task { [value = reader.value] in
                var reader = value
                return try await reader.next().map { try RouteEvent.all(in: $0).map(\.kind) }
            }
            #expect(await eventually { broadcast.waitingCount == 1 })
            act(broadcast)
            #expect(try await waiting.value == expected)
            #expect(broadcast.waitingCount == 0)
        }
    }

    @Test("a cancelled reader ends at once and leaves nothing behind")
    func cancelled() async throws {
        for isOpen in [true, false] {
            let broadcast = RouteBroadcast(isOpen: isOpen)
            let reader = Reader(broadcast)
            if isOpen { _ = try await Self.table(reader) }
            let waiting = Task { [value = reader.value] in
                var reader = value
                return try await reader.next()
            }
            #expect(await eventually { broadcast.waitingCount == 1 })
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            #expect(broadcast.waitingCount == 0)
        }
    }

    @Test("a closed broadcast ends readers that follow, and those that come later")
    func closed() async throws {
        let broadcast = Self.broadcast("a")
        let reader = Reader(broadcast)
        _ = try await Self.table(reader)
        broadcast.close()
        #expect(try await reader.next() == nil)
        #expect(try await reader.next() == nil)
        let late = Reader(broadcast)
        #expect(try await late.next() == nil)
        let unopened = RouteBroadcast(isOpen: false)
        unopened.close()
        let never = Reader(unopened)
        #expect(try await never.next() == nil)
    }

    @Test("until the table is open nobody gets a part of it")
    func opening() async throws {
        let broadcast = RouteBroadcast(isOpen: false)
        _ = broadcast.put(Sample.versioned("a"))
        let waiting = Task {
            try await Self.table(Reader(broadcast))
        }
        #expect(await eventually { broadcast.waitingCount == 1 })
        // Neither a change nor a beat is the table.
        _ = broadcast.put(Sample.versioned("b"))
        broadcast.beat()
        #expect(await eventually { broadcast.waitingCount == 1 })
        #expect(!broadcast.isOpen)
        _ = broadcast.put(Sample.versioned("c"))
        broadcast.open()
        #expect(broadcast.isOpen)
        #expect(try await waiting.value == [.reset, .put, .put, .put, .synced])
    }

    @Test("pieces are whole lines of about the size that was asked for", arguments: [1, 500, 64 << 10])
    func pieces(_ size: Int) async throws {
        let broadcast = RouteBroadcast()
        for index in 0..<40 { _ = broadcast.put(Sample.versioned("server-\(index)")) }
        let reader = Reader(broadcast)
        let longest = 400
        repeat {
            let piece = try #require(try await reader.next(upTo: size))
            #expect(piece.last == UInt8(ascii: "\n"))
            #expect(piece.count <= size + longest)
        } while !reader.isSynced
    }
}

/// Whatever order things happen in, a reader's table becomes the broadcast's.
@Suite("Interleavings of readers and changes", .timeLimit(.minutes(10)))
struct RouteReaderPropertyTests {
    @Test(
        "a reader has at SYNCED a table that once was, and in the end the one that is",
        arguments: 1...200 as ClosedRange<UInt64>
    )
    func interleaving(_ seed: UInt64) async throws {
        var numbers = SeededGenerator(seed: seed &* 0x9e37_79b9_7f4a_7c15)
        let limits = RouteLog.Limits(changes: Int.random(in: 1...12, using: &numbers), bytes: 4_000)
        let broadcast = RouteBroadcast(limits: limits)
        var history: [Int64: RouteSnapshot] = [0: broadcast.snapshot]
        var followers = (0..<3).map { _ in Follower(reader: broadcast.makeReader()) }
        var generation: Int64 = 0
        for _ in 0..<120 {
            let name = "server-\(Int.random(in: 0..<6, using: &numbers))"
            switch Int.random(in: 0..<10, using: &numbers) {
            case 0...3:
                generation += 1
                _ = broadcast.put(Sample.versioned(name, generation))
                history[broadcast.snapshot.revision] = broadcast.snapshot
            case 4:
                _ = broadcast.remove(RouteKey(namespace: "team-a", name: name))
                history[broadcast.snapshot.revision] = broadcast.snapshot
            case 5: broadcast.beat()
            default:
                let index = Int.random(in: 0..<3, using: &numbers)
                let bytes = [1, 300, 2_000].randomElement(using: &numbers) ?? 1
                if followers[index].hasSomething(broadcast) {
                    try await followers[index].read(upTo: bytes, history)
                }
            }
        }
        for index in followers.indices {
            while followers[index].hasSomething(broadcast) {
                try await followers[index].read(upTo: 64 << 10, history)
            }
            #expect(followers[index].state.isFollowing)
            #expect(followers[index].state.snapshot.revision == broadcast.snapshot.revision)
            #expect(followers[index].state.snapshot.sorted == broadcast.snapshot.sorted)
        }
    }

    /// A reader and the table it has made of what it was sent.
    struct Follower {
        var reader: RouteReader
        var state = RouteTableState()

        /// Whether reading would not wait.
        func hasSomething(_ broadcast: RouteBroadcast) -> Bool {
            !reader.isSynced || state.snapshot.revision != broadcast.snapshot.revision
        }

        mutating func read(upTo bytes: Int, _ history: [Int64: RouteSnapshot]) async throws {
            for event in try await reader.events(upTo: bytes) {
                switch try state.apply(event) {
                case .none: break
                case .swapped(let snapshot), .changed(let snapshot, _):
                    #expect(snapshot.sorted == history[snapshot.revision]?.sorted)
                }
            }
        }
    }

    @Test("readers in tasks of their own end with the table that a writer leaves")
    func concurrent() async throws {
        let broadcast = RouteBroadcast(limits: RouteLog.Limits(changes: 50, bytes: 1 << 20))
        let last = Sample.versioned("last")
        try await withThrowingTaskGroup(of: RouteSnapshot.self) { group in
            for size in [1, 700, 5_000, 64 << 10] {
                group.addTask {
                    let reader = Reader(broadcast)
                    var state = RouteTableState()
                    while state.snapshot[last.route.key] == nil {
                        for event in try await reader.events(upTo: size) { _ = try state.apply(event) }
                        await Task.yield()
                    }
                    return state.snapshot
                }
            }
            for generation in 1...400 {
                _ = broadcast.put(Sample.versioned("server-\(generation % 20)", Int64(generation)))
                if generation % 7 == 0 { _ = broadcast.remove(Sample.versioned("server-\(generation % 20)").route.key) }
                if generation % 50 == 0 { await Task.yield() }
            }
            _ = broadcast.put(last)
            for try await snapshot in group {
                #expect(snapshot.revision == broadcast.snapshot.revision)
                #expect(snapshot.sorted == broadcast.snapshot.sorted)
            }
        }
    }
}

/// A reader behind a reference, so that an expectation can read from it.
final class Reader {
    var value: RouteReader

    init(_ broadcast: RouteBroadcast) { value = broadcast.makeReader() }
    init(_ value: RouteReader) { self.value = value }

    var isSynced: Bool { value.isSynced }
    func next(upTo bytes: Int = 64 << 10) async throws -> [UInt8]? { try await value.next(upTo: bytes) }
    func events(upTo bytes: Int = 64 << 10) async throws -> [RouteEvent] { try await value.events(upTo: bytes) }
}

extension RouteReader {
    /// The next piece, read as events.
    mutating func events(upTo bytes: Int = 64 << 10) async throws -> [RouteEvent] {
        try RouteEvent.all(in: try #require(try await next(upTo: bytes)))
    }
}

extension RouteEvent {
    /// The events of some whole lines.
    static func all(in bytes: [UInt8]) throws -> [RouteEvent] {
        try bytes.split(separator: UInt8(ascii: "\n")).map { try RouteEvent(json: JSONValue(parsing: Array($0))) }
    }
}
