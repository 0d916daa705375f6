// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Curl

@Suite("Admission")
struct AdmissionTests {
    private var admission = Admission<Int>(maximumRequestsPerHost: 2, maximumStreams: 1)

    private mutating func enter(_ lane: Admission<Int>.Lane, _ ids: ClosedRange<Int>) -> [Bool] {
        ids.map { admission.enter(lane, $0) }
    }

    private mutating func leave(_ lane: Admission<Int>.Lane) -> Int? { admission.leave(lane) }

    @Test("Those beyond the limit start in the order they came")
    mutating func order() {
        let lane = Admission<Int>.Lane.requests("a")
        #expect(enter(lane, 1...4) == [true, true, false, false])
        #expect(leave(lane) == 3)
        #expect(leave(lane) == 4)
        #expect(leave(lane) == nil)
        #expect(leave(lane) == nil)
        #expect(enter(lane, 5...5) == [true])
    }

    @Test("Hosts and streams do not wait for each other")
    mutating func lanes() {
        #expect(enter(.requests("a"), 1...3) == [true, true, false])
        #expect(enter(.requests("b"), 4...4) == [true])
        #expect(enter(.streams, 5...5) == [true])
        #expect(enter(.streams, 6...6) == [false])
        #expect(leave(.streams) == 6)
    }

    @Test("One who gave up is passed over")
    mutating func abandon() {
        for id in 1...4 { _ = admission.enter(.requests("a"), id) }
        admission.abandon(.requests("a"), 3)
        #expect(leave(.requests("a")) == 4)
    }

    @Test("A place is never given out twice after everybody has left")
    mutating func reuse() {
        for _ in 0..<3 {
            #expect(enter(.requests("a"), 1...3) == [true, true, false])
            #expect(leave(.requests("a")) == 3)
            #expect(leave(.requests("a")) == nil)
            #expect(leave(.requests("a")) == nil)
        }
    }
}
