// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Timing

@Suite("Deadlines", .timeLimit(.minutes(10)))
struct WithDeadlineTests {
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

    @Test("The time counts from the call, whichever of the two tasks runs first")
    func start() async throws {
        let clock = ManualClock()
        let never = Latch()
        let late = try await withDeadline(.seconds(5), clock: clock) {
            clock.advance(by: .seconds(5))
            await never.wait()
            return 1
        }
        #expect(late == nil)
    }
}
