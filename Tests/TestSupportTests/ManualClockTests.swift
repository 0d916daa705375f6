// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@Suite("Manual clock", .timeLimit(.minutes(10)))
struct ManualClockTests {
    @Test("The way to a later instant is positive, as on the clocks of the standard library")
    func durationSign() {
        let clock = ManualClock()
        let start = clock.now
        clock.advance(by: .seconds(5))
        #expect(start.duration(to: clock.now) == .seconds(5))
    }

    @Test("A sleeper wakes at its deadline and not before")
    func sleeperWakes() async throws {
        let clock = ManualClock()
        let sleeper = Task { try await clock.sleep(for: .seconds(10)) }
        #expect(await eventually { clock.sleeperCount == 1 })
        clock.advance(by: .seconds(9))
        #expect(clock.sleeperCount == 1)
        clock.advance(by: .seconds(1))
        try await sleeper.valueInTime()
        #expect(clock.sleeperCount == 0)
    }

    @Test("A cancelled sleeper throws")
    func cancelledSleeper() async throws {
        let clock = ManualClock()
        let sleeper = Task { try await clock.sleep(for: .seconds(10)) }
        #expect(await eventually { clock.sleeperCount == 1 })
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.valueInTime() }
    }
}
