// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Work queue state")
struct WorkQueueStateTests {
    typealias State = WorkQueueState<String>

    static func state() -> State { State(generator: SeededGenerator(seed: 3)) }

    static func drain(_ state: inout State, now: Duration = .zero) -> [String] {
        var keys: [String] = []
        while let taken = state.take(now: now) {
            keys.append(taken.key)
            state.finish(taken.key, .settled, now: now)
        }
        return keys
    }

    @Test("Keys come in the order in which they were added, each once")
    func order() {
        var state = Self.state()
        for key in ["a", "b", "a", "c", "b"] { state.add(key, .normal, now: .zero) }
        #expect(Self.drain(&state) == ["a", "b", "c"])
    }

    @Test("T63: a thousand adds while a key is processed are exactly one more run")
    func addWhileProcessing() {
        var state = Self.state()
        state.add("a", .normal, now: .zero)
        #expect(state.take(now: .zero)?.key == "a")
        for _ in 1...1_000 { state.add("a", .normal, now: .zero) }
        #expect(state.take(now: .zero) == nil)
        state.finish("a", .settled, now: .zero)
        #expect(Self.drain(&state) == ["a"])
    }

    @Test("T64: of two delays the earlier counts, in either order", arguments: [[10, 5], [5, 10]])
    func earlierDelay(delays: [Int]) {
        var state = Self.state()
        for delay in delays { state.add("a", after: .seconds(delay), .normal, now: .zero) }
        state.promoteDue(now: .seconds(4))
        #expect(state.take(now: .seconds(4)) == nil)
        state.promoteDue(now: .seconds(5))
        #expect(Self.drain(&state, now: .seconds(5)) == ["a"])
        state.promoteDue(now: .seconds(20))
        #expect(Self.drain(&state, now: .seconds(20)).isEmpty)
    }

    @Test("T64: adding a delayed key runs it once, now")
    func addDelayed() {
        var state = Self.state()
        state.add("a", after: .seconds(10), .low, now: .zero)
        state.add("a", .normal, now: .zero)
        #expect(state.delayedCount == 0)
        state.promoteDue(now: .seconds(20))
        #expect(Self.drain(&state, now: .seconds(20)) == ["a"])
    }

    @Test("A delay of a key that waits already is void")
    func delayWaiting() {
        var state = Self.state()
        state.add("a", .normal, now: .zero)
        state.add("a", after: .seconds(10), .normal, now: .zero)
        #expect(state.delayedCount == 0)
    }

    @Test("T65: failures of a key double its delay from 5 ms to 5 min, give or take a tenth, and success starts over")
    func retryDelays() {
        var state = Self.state()
        var now = Duration.zero
        state.add("a", .normal, now: now)
        var base = Duration.milliseconds(5)
        for _ in 0..<24 {
            #expect(state.take(now: now)?.key == "a")
            state.finish("a", .failed, now: now)
            let delay = (state.nextAlarm ?? .zero) - now
            #expect(delay >= base * 0.9 && delay <= base * 1.1, "\(delay) is not about \(base)")
            now += delay
            state.promoteDue(now: now)
            base = min(base * 2, .seconds(300))
        }
        #expect(state.failureCount("a") == 24)
        #expect(state.take(now: now)?.key == "a")
        state.finish("a", .settled, now: now)
        #expect(state.failureCount("a") == 0)
    }

    @Test("T65: the jitter of retries is spread over the whole tenth")
    func jitter() {
        var generator = SeededGenerator(seed: 9)
        let delays = (0..<1_000).map { _ in RetryDelay().delay(afterFailures: 40, using: &generator) }
        #expect(delays.allSatisfy { $0 >= .seconds(270) && $0 <= .seconds(330) })
        #expect(delays.contains { $0 < .seconds(275) } && delays.contains { $0 > .seconds(325) })
    }

    @Test("T66: one live key among ten thousand of the first list is next")
    func livePriority() {
        var state = Self.state()
        for number in 0..<10_000 { state.add("initial-\(number)", .low, now: .zero) }
        state.add("live", .normal, now: .zero)
        #expect(state.take(now: .zero)?.key == "live")
    }

    @Test("T66: under a constant stream of live keys one in ten taken is of low priority")
    func noStarvation() {
        var state = Self.state()
        for number in 0..<100 { state.add("low-\(number)", .low, now: .zero) }
        var low = 0
        for number in 0..<500 {
            state.add("live-\(number)-a", .normal, now: .zero)
            state.add("live-\(number)-b", .normal, now: .zero)
            if state.take(now: .zero)?.key.hasPrefix("low") == true { low += 1 }
        }
        #expect(low == 50)
    }

    @Test("A live add raises a waiting key, to the end of the live ones, and it still runs once")
    func raising() {
        var state = Self.state()
        for key in ["a", "b"] { state.add(key, .low, now: .zero) }
        state.add("live", .normal, now: .zero)
        state.add("b", .normal, now: .zero)
        #expect(state.depth(.low) == 1)
        #expect(state.depth(.normal) == 2)
        #expect(Self.drain(&state) == ["live", "b", "a"])
    }

    @Test("T67: a failure is delayed, an abandoned key is not, a requeue starts its failures over")
    func verdicts() {
        var state = Self.state()
        for key in ["failed", "abandoned", "requeued"] {
            state.add(key, .normal, now: .zero)
            _ = state.take(now: .zero)
            state.finish(key, .failed, now: .zero)
            state.promoteDue(now: .seconds(1))
            _ = state.take(now: .seconds(1))
        }
        state.finish("failed", .failed, now: .seconds(1))
        state.finish("abandoned", .abandoned, now: .seconds(1))
        state.finish("requeued", .requeue(after: .seconds(60)), now: .seconds(1))
        #expect(state.failureCount("failed") == 2)
        #expect(state.failureCount("abandoned") == 0)
        #expect(state.failureCount("requeued") == 0)
        state.promoteDue(now: .seconds(60))
        #expect(Self.drain(&state, now: .seconds(60)) == ["failed"])
        state.promoteDue(now: .seconds(61))
        #expect(Self.drain(&state, now: .seconds(61)) == ["requeued"])
    }

    @Test("A retry keeps the priority of the run that failed")
    func retryPriority() {
        var state = Self.state()
        state.add("a", .low, now: .zero)
        _ = state.take(now: .zero)
        state.finish("a", .failed, now: .zero)
        state.promoteDue(now: .seconds(1))
        #expect(state.depth(.low) == 1)
    }

    @Test("After shutdown nothing is added, and what waits is dropped or finished as asked", arguments: [true, false])
    func shutDown(dropsWaiting: Bool) {
        var state = Self.state()
        state.add("running", .normal, now: .zero)
        _ = state.take(now: .zero)
        state.add("running", .normal, now: .zero)
        state.add("waiting", .normal, now: .zero)
        state.add("delayed", after: .seconds(1), .normal, now: .zero)
        state.shutDown(dropsWaiting: dropsWaiting)
        state.add("late", .normal, now: .zero)
        state.finish("running", .failed, now: .zero)
        state.promoteDue(now: .seconds(10))
        #expect(Self.drain(&state, now: .seconds(10)) == (dropsWaiting ? [] : ["waiting", "running"]))
        #expect(state.nextAlarm == nil)
    }

    @Test("Memory stays bounded by the keys, however often they move")
    func bounded() {
        var state = Self.state()
        state.add("blocked", .low, now: .zero)
        for round in 0..<10_000 {
            state.add("a", .low, now: .zero)
            state.add("a", .normal, now: .zero)
            _ = state.take(now: .zero)
            state.finish("a", .settled, now: .zero)
            state.add("b", after: .seconds(100_000 - round), .normal, now: .zero)
        }
        #expect(state.storedTurns < 200)
        #expect(state.storedAlarms < 200)
    }

    /// Q1 no two workers on a key, Q2 adds collapse, Q3 one more run, Q4 no add lost.
    @Test("T63: a random walk keeps the four promises of the queue", arguments: 1...30)
    func randomWalk(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var state = Self.state()
        let keys = (0..<8).map { "k\($0)" }
        var now = Duration.zero
        var held: Set<String> = []
        var owed: Set<String> = []
        for _ in 0..<3_000 {
            now += .milliseconds(Int.random(in: 0...3, using: &generator))
            let key = keys.randomElement(using: &generator) ?? "k0"
            switch Int.random(in: 0..<8, using: &generator) {
            case 0...2:
                state.add(key, Bool.random(using: &generator) ? .low : .normal, now: now)
                owed.insert(key)
            case 3:
                state.add(key, after: .milliseconds(Int.random(in: 1...40, using: &generator)), .normal, now: now)
                owed.insert(key)
            case 4...5:
                state.promoteDue(now: now)
                guard let taken = state.take(now: now) else { break }
                #expect(held.insert(taken.key).inserted, "two workers hold \(taken.key)")
                #expect(owed.remove(taken.key) != nil, "\(taken.key) was taken once too often")
            default:
                guard let key = held.randomElement(using: &generator) else { break }
                held.remove(key)
                let verdicts: [WorkVerdict] = [.settled, .failed, .abandoned, .requeue(after: .milliseconds(9))]
                let verdict = verdicts.randomElement(using: &generator) ?? .settled
                state.finish(key, verdict, now: now)
                if verdict != .settled && verdict != .abandoned { owed.insert(key) }
            }
        }
        for key in held { state.finish(key, .settled, now: now) }
        state.promoteDue(now: now + .seconds(3_600))
        #expect(Set(Self.drain(&state, now: now + .seconds(3_600))) == owed)
    }
}
