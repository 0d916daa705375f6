// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Timing

@Suite("Waits", .timeLimit(.minutes(10)))
struct WakeupTests {
    @Test("A call before the wait is not lost, and counts once")
    func callFirst() async {
        let wakeup = Wakeup()
        wakeup.call()
        wakeup.call()
        await wakeup.wait()
        let clock = ManualClock()
        async let second: Void = wakeup.wait(atMost: .seconds(1), ElapsedTime(clock))
        #expect(await eventually { clock.sleeperCount == 1 })
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
}
