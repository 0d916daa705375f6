// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import NIOConcurrencyHelpers
import TestSupport
import Testing

@Suite("Work queue", .timeLimit(.minutes(10)))
struct WorkQueueTests {
    @Test("A parked worker gets the next key at once")
    func handOver() async {
        let queue = WorkQueue<String>(name: "test")
        async let taken = queue.next()
        queue.add("a")
        #expect(await taken == "a")
        #expect(queue.depth == 0)
    }

    @Test("A cancelled worker leaves without a key, and the key stays for another")
    func cancellation() async throws {
        let queue = WorkQueue<String>(name: "test")
        await withTaskGroup(of: String?.self) { group in
            group.addTask { await queue.next() }
            group.cancelAll()
            #expect(await group.next() == .some(nil))
        }
        queue.add("a")
        #expect(await queue.next() == "a")
    }

    @Test("T64: delayed keys become due on the queue's clock, the earliest first, though added later")
    func delays() async throws {
        let clock = ManualClock()
        let queue = WorkQueue<String>(name: "test", clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await queue.run() }
            queue.add("late", after: .seconds(60))
            try await until("the timer sleeps") { clock.sleeperCount == 1 }
            queue.add("early", after: .seconds(5))
            try await until("early is due") {
                clock.advance(by: .milliseconds(100))
                return queue.depth > 0
            }
            #expect(clock.now.offset < .seconds(60))
            #expect(await queue.next() == "early")
            try await until("late is due") {
                clock.advance(by: .seconds(1))
                return queue.depth > 0
            }
            #expect(await queue.next() == "late")
            group.cancelAll()
        }
    }

    @Test("Shutting down releases parked workers, and draining ends with the last running key")
    func drain() async {
        let queue = WorkQueue<String>(name: "test")
        queue.add("a")
        #expect(await queue.next() == "a")
        async let parked = queue.next()
        async let drained: Void = queue.waitUntilDrained()
        queue.shutDown()
        #expect(await parked == nil)
        queue.finish("a", .settled)
        await drained
        #expect(await queue.next() == nil)
    }

    @Test("T63: sixteen workers never hold the same key, and every add is followed by a run")
    func stress() async throws {
        let queue = WorkQueue<Int>(name: "test")
        let held = NIOLockedValueBox<Set<Int>>([])
        let collisions = NIOLockedValueBox(0)
        /// The number of adds begun by the time of the last run of each key.
        let seen = NIOLockedValueBox<[Int: Int]>([:])
        let added = NIOLockedValueBox<[Int: Int]>([:])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    while let key = await queue.next() {
                        if !held.withLockedValue({ $0.insert(key).inserted }) {
                            collisions.withLockedValue { $0 += 1 }
                        }
                        let count = added.withLockedValue { $0[key] ?? 0 }
                        await Task.yield()
                        seen.withLockedValue { $0[key] = count }
                        held.withLockedValue { _ = $0.remove(key) }
                        queue.finish(key, .settled)
                    }
                }
            }
            await withTaskGroup(of: Void.self) { adders in
                for adder in 0..<8 {
                    adders.addTask {
                        for step in 0..<2_500 {
                            let key = (step * 7 + adder) % 20
                            added.withLockedValue { $0[key, default: 0] += 1 }
                            queue.add(key, priority: step.isMultiple(of: 3) ? .low : .normal)
                        }
                    }
                }
            }
            queue.shutDown(dropsWaiting: false)
        }
        #expect(collisions.withLockedValue { $0 } == 0)
        #expect(seen.withLockedValue { $0 } == added.withLockedValue { $0 })
    }
}
