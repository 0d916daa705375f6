// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Waits", .timeLimit(.minutes(10)))
struct WakeupTests {
    @Test("A call before the wait is not lost, and counts once")
    func callFirst() async throws {
        let wakeup = Wakeup()
        wakeup.call()
        wakeup.call()
        await wakeup.wait()
        let clock = ManualClock()
        async let second: Void = wakeup.wait(atMost: .seconds(1), clock: clock)
        try await until("it waits") { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(1))
        await second
    }

    @Test("A latch lets everyone through once it is open, and the cancelled at once")
    func latch() async {
        let latch = Latch()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await latch.wait() }
            group.cancelAll()
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { await latch.wait() } }
            latch.open()
        }
        await latch.wait()
    }

    @Test("A deadline cancels what takes longer and says so, and passes on errors otherwise")
    func deadline() async throws {
        struct Failure: Error {}
        let clock = ManualClock()
        let never = Latch()
        let cancelled = Recorded<Bool>()
        async let late = withDeadline(.seconds(5), clock: clock) {
            await never.wait()
            cancelled.append(Task.isCancelled)
            return 1
        }
        try await until("the deadline runs") { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(5))
        try await until("the work has ended") { cancelled.all == [true] }
        #expect(try await late == nil)
        #expect(try await withDeadline(.seconds(5), clock: clock) { 2 } == 2)
        #expect(try await withDeadline(nil, clock: clock) { 3 } == 3)
        await #expect(throws: Failure.self) {
            _ = try await withDeadline(.seconds(5), clock: clock) { () -> Int in throw Failure() }
        }
    }
}
