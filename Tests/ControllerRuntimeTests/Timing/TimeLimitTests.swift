// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Timing

@testable import ControllerRuntime

@Suite("Time limit", .timeLimit(.minutes(10)))
struct TimeLimitTests {
    let clock = ManualClock()
    let limit: TimeLimit

    init() { limit = TimeLimit(.seconds(5), ElapsedTime(clock)) }

    /// Runs the body while somebody watches over the limit.
    func watched(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await limit.run() }
            try await body()
            group.cancelAll()
        }
    }

    @Test("Results and errors of what is quick are passed on")
    func quick() async throws {
        struct Failure: Error {}
        try await watched {
            let result = try await limit.apply { 2 }
            #expect(result == 2)
            await #expect(throws: Failure.self) { _ = try await limit.apply { () -> Int in throw Failure() } }
        }
    }

    @Test("What takes longer is cancelled, with one sleep for all")
    func late() async throws {
        let never = Latch()
        try await watched {
            async let first = limit.apply { await never.wait() }
            try await until("the first is timed") { clock.sleeperCount == 1 }
            clock.advance(by: .seconds(3))
            async let second = limit.apply { await never.wait() }
            try await until("the second runs") { limit.count == 2 }
            #expect(clock.sleeperCount == 1)
            clock.advance(by: .seconds(2))
            #expect(try await first == nil)
            #expect(limit.count == 1)
            try await until("the second is timed") { clock.sleeperCount == 1 }
            clock.advance(by: .seconds(3))
            #expect(try await second == nil)
        }
    }

    @Test("What goes on although it was cancelled keeps no other from its limit")
    func stubborn() async throws {
        let (end, cancelled, never) = (Latch(), Latch(), Latch())
        try await watched {
            async let stubborn = limit.apply {
                await withTaskCancellationHandler {
                    // A task of its own hears nothing of the cancellation.
                    await Task { await end.wait() }.value
                } onCancel: {
                    cancelled.open()
                }
            }
            try await until("it is timed") { clock.sleeperCount == 1 }
            clock.advance(by: .seconds(5))
            await cancelled.wait()
            async let other = limit.apply { await never.wait() }
            try await until("the other is timed") { clock.sleeperCount == 1 }
            clock.advance(by: .seconds(5))
            #expect(try await other == nil)
            end.open()
            #expect(try await stubborn == nil)
        }
    }
}
