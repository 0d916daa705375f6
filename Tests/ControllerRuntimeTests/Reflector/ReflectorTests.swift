// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import JSON
import KubernetesAPI
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing
import Timing

@testable import ControllerRuntime

@Suite("Reflector", .timeLimit(.minutes(10)))
struct ReflectorTests {
    typealias Events = ScriptedListWatch.Events
    let clock = ManualClock()
    let store = Store<Gadget>()
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs a reflector while `body` runs, then cancels it and waits for its end.
    func withReflector(
        _ source: ScriptedListWatch,
        prefersStreaming: Bool = false,
        metrics: RecordingMetrics? = nil,
        _ body: () async throws -> Void
    ) async throws {
        let reflector = Reflector(
            source,
            into: store,
            prefersStreaming: prefersStreaming,
            gate: ListGate(),
            metrics: metrics,
            logger: quiet,
            clock: clock,
            generator: SeededGenerator(seed: 1)
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reflector.run() }
            try await body()
            group.cancelAll()
        }
    }

    static func failing(_ code: APIError.Code, status: Int) -> APIError {
        APIError(code, "Could not list.", status: status)
    }

    @Test("T01, T02: all pages become one state, and a page without items does not end the list")
    func pages() async throws {
        let source = ScriptedListWatch { options, _ in
            switch options.continueToken {
            case nil: ListPage([Gadget("a", version: 1)], version: "10", continueToken: "x")
            case "x": ListPage([], version: "10", continueToken: "y")
            default: ListPage([Gadget("b", version: 2)], version: "10")
            }
        } watch: { _, _ in
            .events([], then: .stayOpen)
        }
        try await withReflector(source) {
            try await until("it watches") { !source.watches.isEmpty }
            #expect(store.snapshot().keys.sorted() == [key("a"), key("b")])
            #expect(store.syncedTo() == ResourceVersion("10"))
            #expect(source.lists.map(\.continueToken) == [nil, "x", "y"])
            #expect(source.watches.first?.resourceVersion == ResourceVersion("10"))
        }
    }

    @Test("T03: pages read before an expired token are not part of the state")
    func expiredToken() async throws {
        let source = ScriptedListWatch { options, number in
            switch number {
            case 1: return ListPage([Gadget("stale", version: 1)], version: "10", continueToken: "x")
            case 2: throw Self.failing(.expired, status: 410)
            default: return ListPage([Gadget("a", version: 2)], version: "12")
            }
        } watch: { _, _ in
            .events([], then: .stayOpen)
        }
        try await withReflector(source) {
            try await until("it watches") { !source.watches.isEmpty }
            #expect(store.snapshot().keys.sorted() == [key("a")])
        }
    }

    @Test("T04, T20: after a 410 the old state is served until the new list is complete, and what is gone is told")
    func expiredWatch() async throws {
        let mayList = Latch()
        let source = ScriptedListWatch { _, number in
            if number == 1 { return ListPage([Gadget("a", version: 1), Gadget("b", version: 2)], version: "10") }
            await mayList.wait()
            return ListPage([Gadget("b", version: 2)], version: "20")
        } watch: { _, number in
            if number == 1 { return .events([.error(Self.failing(.expired, status: 410))], then: .stayOpen) }
            return .events([], then: .stayOpen)
        }
        let changes = Changes(store)
        try await withReflector(source) {
            try await until("it lists again") { source.lists.count == 2 }
            #expect(store.snapshot().keys.sorted() == [key("a"), key("b")])
            changes.clear()
            mayList.open()
            try await until("it watches again") { source.watches.count == 2 }
            #expect(store.snapshot().keys.sorted() == [key("b")])
            #expect(changes.all.map(\.key) == [key("a")])
            #expect(changes.all.first?.isTombstone == true)
            #expect(changes.all.first?.old == Gadget("a", version: 1))
        }
    }

    @Test("T21: a 410 as the status of a watch lists again")
    func expiredStatus() async throws {
        let source = ScriptedListWatch { _, number in
            ListPage([Gadget("a", version: number)], version: "\(number)0")
        } watch: { _, number in
            if number == 1 { throw Self.failing(.expired, status: 410) }
            return .events([], then: .stayOpen)
        }
        try await withReflector(source) {
            try await until("it watches again") { source.watches.count == 2 }
            #expect(source.lists.count == 2)
            #expect(source.lists.last?.resourceVersion == ResourceVersion("10"))
            #expect(source.lists.last?.notOlderThan == true)
        }
    }

    @Test("T11, T12, T36: events and bookmarks reach the store, and the next watch starts where the last one ended")
    func events() async throws {
        let source = ScriptedListWatch { _, _ in
            ListPage([Gadget("a", version: 1)], version: "10")
        } watch: { _, number in
            guard number == 1 else { return .events([], then: .stayOpen) }
            let events: [WatchEvent<Gadget>] = [
                .applied(.valid(Gadget("a", version: 11, colour: "blue"))), .applied(.valid(Gadget("b", version: 12))),
                .unknown("FOO"), .bookmark(ResourceVersion("15")), .deleted(.valid(Gadget("b", version: 16))),
            ]
            return .events(events, then: .close)
        }
        try await withReflector(source) {
            try await until("it watches again") { source.watches.count == 2 }
            #expect(store[key("a")]?.colour == "blue")
            #expect(store[key("b")] == nil)
            #expect(source.watches.last?.resourceVersion == ResourceVersion("16"))
            #expect(source.lists.count == 1)
        }
    }

    @Test("T26: while nothing can be reached it neither lists nor hurries, and then goes on from the same version")
    func unreachable() async throws {
        let source = ScriptedListWatch { _, _ in
            ListPage([Gadget("a", version: 1)], version: "10")
        } watch: { _, number in
            if number <= 4 { throw APIError(.transport, "Could not connect.", transport: "connection_failed") }
            return .events([], then: .stayOpen)
        }
        try await withReflector(source) {
            for failures in 1...4 {
                try await until("it has failed \(failures) times") { !store.problems.isEmpty }
                try await until("it tries again") {
                    clock.advance(by: .seconds(1))
                    return source.watches.count > failures
                }
            }
            try await until("the problem is over") { store.problems.isEmpty }
            #expect(source.lists.count == 1)
            #expect(source.watches.allSatisfy { $0.resourceVersion == ResourceVersion("10") })
            #expect(store.snapshot().count == 1)
        }
    }

    @Test("T40: one object that cannot be read leaves the other 999 usable and says which and why")
    func poison() async throws {
        let source = ScriptedListWatch { _, _ in
            var items = (1...999).map { DecodedObject.valid(Gadget("w\($0)", version: $0)) }
            items.insert(.broken("poison", version: 5_000), at: 500)
            return ListPage(items: items, resourceVersion: ResourceVersion("6000"), continueToken: nil)
        } watch: { _, _ in
            .events([.applied(.broken("w1", version: 6_001))], then: .stayOpen)
        }
        try await withReflector(source) {
            try await until("the watch was read") { store.syncedTo() == ResourceVersion("6001") }
            #expect(store.snapshot().count == 998)
            #expect(store.snapshot().invalid.keys.sorted() == [key("poison"), key("w1")])
            #expect(store.snapshot().invalid[key("poison")]?.error.problem == "must have a colour")
        }
    }

    @Test("T72: a refused watch shows as a problem while the listed state is served")
    func watchForbidden() async throws {
        let source = ScriptedListWatch { _, _ in
            ListPage([Gadget("a", version: 1)], version: "10")
        } watch: { _, _ in
            throw Self.failing(.forbidden, status: 403)
        }
        try await withReflector(source) {
            try await until("the problem shows") { store.problems[.cluster]?.code == .forbidden }
            #expect(store.hasSynced)
            #expect(store[key("a")] != nil)
        }
    }

    @Test("T73: a kind that is gone keeps its last state, and its return tells what did not come back")
    func kindGone() async throws {
        let source = ScriptedListWatch { _, number in
            switch number {
            case 1: return ListPage([Gadget("a", version: 1), Gadget("b", version: 2)], version: "10")
            case 2: throw Self.failing(.notFound, status: 404)
            default: return ListPage([Gadget("b", uid: "again", version: 30)], version: "30")
            }
        } watch: { _, number in
            switch number {
            case 1: return .events([.bookmark(ResourceVersion("11"))], then: .close)
            case 2: throw Self.failing(.notFound, status: 404)
            default: return .events([], then: .stayOpen)
            }
        }
        let changes = Changes(store)
        try await withReflector(source) {
            try await until("the kind is missed") { store.problems[.cluster]?.code == .notFound }
            changes.clear()
            try await until("it has listed in vain") {
                clock.advance(by: .seconds(1))
                return source.lists.count == 2
            }
            #expect(store.snapshot().count == 2)
            #expect(changes.all.isEmpty)
            try await until("it lists again") {
                clock.advance(by: .seconds(1))
                return source.lists.count == 3
            }
            try await until("it watches again") { source.watches.count == 3 }
            #expect(changes.all.map(\.kind) == [.deleted, .replaced])
            #expect(changes.all.map(\.key) == [key("a"), key("b")])
        }
    }

    @Test("A watch that outlives its time by 30 s is given up and opened again")
    func overdue() async throws {
        let source = ScriptedListWatch { _, _ in
            ListPage([], version: "10")
        } watch: { _, _ in
            .events([], then: .stayOpen)
        }
        try await withReflector(source) {
            try await until("it watches") { source.watches.count == 1 && clock.sleeperCount == 1 }
            let timeout = try #require(source.watches.first?.timeout)
            clock.advance(by: timeout + .seconds(29))
            #expect(clock.sleeperCount == 1)
            clock.advance(by: .seconds(1))
            try await until("it watches again") { source.watches.count == 2 }
            #expect(source.lists.count == 1)
        }
    }

    @Test("T61: cancelling during a list, a watch or a pause ends the run", arguments: ["list", "watch", "pause"])
    func cancellation(during phase: String) async throws {
        let never = Latch()
        let source = ScriptedListWatch { _, _ in
            switch phase {
            case "list":
                await never.wait()
                try Task.checkCancellation()
                return ListPage([], version: "10")
            case "pause": throw Self.failing(.forbidden, status: 403)
            default: return ListPage([], version: "10")
            }
        } watch: { _, _ in
            .events([], then: .stayOpen)
        }
        let started = ContinuousClock.now
        try await withReflector(source) {
            try await until("it is in the middle of it") {
                phase == "list" ? !source.lists.isEmpty : clock.sleeperCount == 1
            }
        }
        #expect(ContinuousClock.now - started < .seconds(60))
    }

    @Test("No more lists run at a time than the gate lets through")
    func listGate() async throws {
        let running = NIOLockedValueBox((now: 0, most: 0))
        let mayEnd = Latch()
        let gate = ListGate(limit: 4)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let stores = (0..<20).map { _ in Store<Gadget>() }
            for store in stores {
                let source = ScriptedListWatch { _, _ in
                    running.withLockedValue {
                        $0.now += 1
                        $0.most = max($0.most, $0.now)
                    }
                    await mayEnd.wait()
                    running.withLockedValue { $0.now -= 1 }
                    return ListPage([], version: "10")
                } watch: { _, _ in
                    .events([], then: .stayOpen)
                }
                let reflector = Reflector(
                    source,
                    into: store,
                    prefersStreaming: false,
                    gate: gate,
                    logger: quiet,
                    clock: clock
                )
                group.addTask { await reflector.run() }
            }
            try await until("four lists run") { running.withLockedValue { $0.now } == 4 }
            mayEnd.open()
            try await until("all have synced") { stores.allSatisfy(\.hasSynced) }
            #expect(running.withLockedValue { $0.most } == 4)
            group.cancelAll()
        }
    }

    @Test("Events and bookmarks start the age of the last event over, and a new watch alone does not")
    func lastEventAge() async throws {
        let (events, line) = Events.makeStream()
        let source = ScriptedListWatch { _, _ in
            ListPage([], version: "10")
        } watch: { _, number in
            number == 1 ? events : .events([], then: .stayOpen)
        }
        let metrics = RecordingMetrics()
        let series = "reflector_last_event_age_seconds{kind=Gadget}"
        let age = Gauge(label: "reflector_last_event_age_seconds", dimensions: [("kind", "Gadget")], factory: metrics)
        try await withReflector(source, metrics: metrics) {
            for event: WatchEvent<Gadget> in [
                .applied(.valid(Gadget("a", version: 11))), .bookmark(ResourceVersion("12")),
            ] {
                try await until("it watches") { source.watches.count == 1 }
                age.record(99)
                line.yield(event)
                try await until("the age starts over") { metrics.value(series) == 0 }
            }
            age.record(99)
            line.finish()
            try await until("it is to watch again") { source.watches.count == 2 || clock.sleeperCount == 1 }
            clock.advance(by: .seconds(2))
            try await until("it watches again") { source.watches.count == 2 }
            #expect(metrics.value(series) == 99)
        }
    }

    @Test("A stream that is refused and the list in its place are one reading of all there is")
    func readings() async throws {
        let source = ScriptedListWatch { _, _ in
            ListPage([Gadget("a", version: 1)], version: "10")
        } watch: { options, _ in
            .events([], then: options.sendsInitialEvents ? .fail(Self.failing(.invalid, status: 422)) : .stayOpen)
        }
        let metrics = RecordingMetrics()
        try await withReflector(source, prefersStreaming: true, metrics: metrics) {
            try await until("it follows") { source.watches.count == 2 && store.hasSynced }
            #expect(source.lists.count == 1)
            #expect(metrics.value("reflector_lists_total{kind=Gadget,reason=initial}") == 1)
            #expect(metrics.value("reflector_lists_total{kind=Gadget,reason=relist}") ?? 0 == 0)
        }
    }

    @Test("A kind that is gone empties the store and ends the run, once it was said often enough")
    func absence() async throws {
        let source = ScriptedListWatch { _, number in
            if number > 1 { throw Self.failing(.notFound, status: 404) }
            return ListPage([Gadget("a", version: 1), Gadget("b", version: 2)], version: "10")
        } watch: { _, _ in
            .events([], then: .fail(Self.failing(.expired, status: 410)))
        }
        let told = Recorded<String>()
        store.subscribe { told.append("\($0.kind.rawValue) \($0.key.name)") }
        let reflector = Reflector(
            source,
            into: store,
            prefersStreaming: false,
            absenceLimit: 3,
            gate: ListGate(),
            logger: quiet,
            clock: clock,
            generator: SeededGenerator(seed: 1)
        )
        async let end = reflector.run()
        for list in 2...3 {
            try await until("it was told so") { source.lists.count == list && clock.sleeperCount == 1 }
            #expect(store.count == 2)
            clock.advance(by: .seconds(60))
        }
        #expect(await end?.code == .notFound)
        #expect(source.lists.count == 4)
        #expect(store.count == 0)
        #expect(store.syncedTo() == nil)
        #expect(told.all.sorted() == ["added a", "added b", "deleted a", "deleted b"])
    }
}
