// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@testable import Curl

@Suite("Transfer deadlines")
struct TransferDeadlinesTests {
    private let start = ContinuousClock.now
    private var deadlines: TransferDeadlines

    init() {
        let limits = Deadlines(connect: .seconds(1), head: .seconds(3), idle: .seconds(2), total: .seconds(20))
        deadlines = TransferDeadlines(limits, startedAt: start)
    }

    private func expired(after seconds: Int) -> TransferDeadlines.Stage? {
        deadlines.expired(at: start + .seconds(seconds))?.stage
    }

    @Test("Connecting counts from its own start, and no longer than to the sending")
    mutating func connect() {
        #expect(expired(after: 2) == nil)
        deadlines.connectionStarted(at: start + .seconds(1))
        deadlines.connectionStarted(at: start + .seconds(2))
        #expect(expired(after: 1) == nil)
        #expect(expired(after: 2) == .connect)
        deadlines.connectionReady()
        #expect(expired(after: 2) == nil)
        #expect(expired(after: 3) == .head)
    }

    @Test("After the head only silence and the whole count")
    mutating func idle() {
        deadlines.headReceived(at: start + .seconds(1))
        #expect(expired(after: 3) == .idle)
        deadlines.bodyResumed(at: start + .seconds(10))
        #expect(expired(after: 11) == nil)
        #expect(expired(after: 12) == .idle)
        deadlines.bodyPaused()
        #expect(expired(after: 19) == nil)
        #expect(expired(after: 20) == .total)
    }

    @Test("The earliest of them is when to look again")
    mutating func earliest() {
        #expect(deadlines.earliest == start + .seconds(3))
        deadlines.connectionStarted(at: start)
        #expect(deadlines.earliest == start + .seconds(1))
    }

    @Test("Without limits nothing is ever due")
    func none() {
        let open = TransferDeadlines(Deadlines(head: nil, idle: nil, total: nil), startedAt: start)
        #expect(open.earliest == nil)
    }
}
