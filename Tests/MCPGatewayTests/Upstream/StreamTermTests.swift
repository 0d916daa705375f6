// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import TestSupport
import Testing
import Timing

@testable import MCPGateway

@Suite("The term of a stream", .timeLimit(.minutes(10)))
struct StreamTermTests {
    private static func term(_ clock: ManualClock, _ renewals: [Duration?]) -> (StreamTerm, NIOLockedValueBox<Int>) {
        let rest = NIOLockedValueBox(renewals[...])
        let count = NIOLockedValueBox(0)
        let term = StreamTerm(first: .seconds(10), time: ElapsedTime(clock)) {
            count.withLockedValue { $0 += 1 }
            return rest.withLockedValue { $0.popFirst() } ?? nil
        }
        return (term, count)
    }

    @Test("It lasts for as long as it can be renewed, and ends when it cannot")
    func renewal() async throws {
        let clock = ManualClock()
        let (term, count) = Self.term(clock, [.seconds(5), nil])
        async let hasEnded = term.lasts()
        try await until("it waits") { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(10))
        try await until("it was renewed and waits again") {
            count.withLockedValue { $0 } == 1 && clock.sleeperCount == 1
        }
        clock.advance(by: .seconds(5))
        #expect(await hasEnded)
        #expect(count.withLockedValue { $0 } == 2)
    }

    @Test("Renewing that takes too long is no renewal")
    func slowRenewal() async throws {
        let clock = ManualClock()
        let latch = Latch()
        let term = StreamTerm(first: .seconds(1), time: ElapsedTime(clock)) {
            await latch.wait()
            return .seconds(100)
        }
        async let hasEnded = term.lasts()
        try await until("it waits") { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(1))
        try await until("it renews") { clock.sleeperCount == 1 }
        clock.advance(by: StreamTerm.grace)
        #expect(await hasEnded)
    }

    @Test("Whoever has no more use for it cancels it, and that is no end of the right")
    func cancelled() async throws {
        let clock = ManualClock()
        let (term, count) = Self.term(clock, [])
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await term.lasts() }
            group.cancelAll()
            #expect(await group.next() == false)
        }
        #expect(count.withLockedValue { $0 } == 0)
    }
}
