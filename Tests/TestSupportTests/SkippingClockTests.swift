// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@Suite("Skipping clock", .timeLimit(.minutes(10)))
struct SkippingClockTests {
    @Test("A short sleep passes at once, counts as time and is remembered exactly")
    func skips() async throws {
        let clock = SkippingClock(skippingUpTo: .seconds(60))
        let before = clock.now
        let real = ContinuousClock.now
        try await clock.sleep(for: .seconds(60))
        try await clock.sleep(for: .milliseconds(1_500))
        #expect(clock.pauses == [.seconds(60), .milliseconds(1_500)])
        #expect(before.duration(to: clock.now) == .milliseconds(61_500))
        #expect(real.duration(to: .now) < .seconds(60))
    }

    @Test("A long sleep lasts until it is cancelled")
    func waits() async {
        let clock = SkippingClock(skippingUpTo: .seconds(60))
        let sleeper = Task { try await clock.sleep(for: .seconds(61)) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.valueInTime() }
        #expect(clock.pauses.isEmpty)
    }
}
