// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing
import Timing

@testable import ControllerRuntime

/// A server that takes the request for a plain watch, and time that passes.
@Suite("Reflector with streams")
struct ReflectorSilenceTests {
    @Test("T10: a server that never says that this is all is warned of after 10 s, and listed after 30 s of silence")
    func ignored() async throws {
        let clock = ManualClock()
        let store = Store<Gadget>()
        let ghost = NIOLockedValueBox<WatchEvent<Gadget>?>(.applied(.valid(Gadget("ghost", version: 1))))
        let isCounted = Latch()
        let source = ScriptedListWatch { _, _ in
            ListPage([Gadget("a", version: 1)], version: "10")
        } watch: { options, _ in
            guard options.sendsInitialEvents else { return .events([], then: .stayOpen) }
            return ScriptedListWatch.Events {
                if let event = ghost.withLockedValue({ $0.take() }) { return event }
                // Whoever asks for the next event has counted the one before.
                isCounted.open()
                await Latch().wait()
                return nil
            }
        }
        let reflector = Reflector(
            source,
            into: store,
            gate: ListGate(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: clock,
            generator: SeededGenerator(seed: 1)
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reflector.run() }
            // The deadline of the watch and the look for silence.
            try await until("it streams") { clock.sleeperCount == 2 && source.watches.count == 1 }
            // The event counts as a sign of life, so silence is counted from the first look on.
            await isCounted.wait()
            for _ in 1...3 {
                clock.advance(by: .seconds(10))
                try await until("it looks again") { clock.sleeperCount == 2 || !source.lists.isEmpty }
            }
            #expect(source.lists.isEmpty && !store.hasSynced)
            clock.advance(by: .seconds(10))
            try await until("it has listed and watches") { source.watches.count == 2 && store.hasSynced }
            #expect(store.snapshot().keys.sorted() == [key("a")])
            #expect(source.watches.last?.sendsInitialEvents == false)
            group.cancelAll()
        }
    }

    @Test("T06: nothing is shown before all has arrived, and then all at once")
    func atOnce() async throws {
        let clock = ManualClock()
        let store = Store<Gadget>()
        let (events, feed) = ScriptedListWatch.Events.makeStream()
        let source = ScriptedListWatch { _, _ in
            throw APIError(.internalError, "Nobody should list.")
        } watch: { _, _ in
            events
        }
        let reflector = Reflector(
            source,
            into: store,
            gate: ListGate(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: clock
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reflector.run() }
            feed.yield(.applied(.valid(Gadget("a", version: 1))))
            feed.yield(.applied(.valid(Gadget("b", version: 2))))
            feed.yield(.bookmark(ResourceVersion("9")))
            try await until("it streams") { clock.sleeperCount == 2 && source.watches.count == 1 }
            #expect(store.snapshot().keys.isEmpty && !store.hasSynced && store.syncedTo() == nil)
            feed.yield(.initialEventsEnd(ResourceVersion("10")))
            try await until("all is there") { store.hasSynced }
            #expect(store.snapshot().keys.sorted() == [key("a"), key("b")])
            #expect(store.syncedTo() == ResourceVersion("10"))
            feed.yield(.deleted(.valid(Gadget("a", version: 11))))
            try await until("what comes after is applied as it comes") { store.snapshot().keys.sorted() == [key("b")] }
            #expect(source.lists.isEmpty && source.watches.count == 1)
            group.cancelAll()
        }
    }
}
