// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import Testing

@testable import DemoWorld

@Suite("Expiring table")
struct ExpiringTableTests {
    let now = NumericDate(seconds: 1_000)

    private func later(_ seconds: Int) -> NumericDate { now.advanced(by: .seconds(seconds)) }

    @Test("A value is there until its time is over")
    func expiry() {
        var table = ExpiringTable<String, Int>(capacity: 10)
        #expect(table.insert(1, for: "a", until: later(10), at: now) == .inserted)
        #expect(table.insert(2, for: "a", until: later(20), at: later(9)) == .taken)
        #expect(table.value(for: "a", at: later(9)) == 1)
        #expect(table.value(for: "a", at: later(10)) == nil)
        #expect(table.insert(3, for: "a", until: later(30), at: later(10)) == .inserted)
        #expect(table.remove("a", at: later(11)) == 3)
        #expect(table.remove("a", at: later(11)) == nil)
    }

    @Test("Expired values make room, and the table never outgrows twice what is alive")
    func sweep() {
        var table = ExpiringTable<Int, Int>(capacity: 100_000)
        for second in 0..<500 {
            for number in 0..<100 {
                let key = second * 100 + number
                #expect(table.insert(key, for: key, until: later(second + 10), at: later(second)) == .inserted)
            }
        }
        #expect(table.count <= 2 * 1_100)
    }

    @Test("A full table is looked through once a second, and takes values again when there is room")
    func full() {
        var table = ExpiringTable<Int, Int>(capacity: 3)
        for key in 0..<3 { #expect(table.insert(key, for: key, until: later(5), at: now) == .inserted) }
        #expect(table.insert(9, for: 9, until: later(50), at: now) == .full)
        #expect(table.insert(9, for: 9, until: later(50), at: later(4)) == .full)
        #expect(table.insert(9, for: 9, until: later(50), at: later(5)) == .inserted)
        #expect(table.count == 1)
    }

    @Test("Values can be taken out by what they are")
    func removal() {
        var table = ExpiringTable<Int, Int>(capacity: 10)
        for key in 0..<4 { #expect(table.insert(key, for: key, until: later(5), at: now) == .inserted) }
        #expect(table.removeAll { $0 >= 2 } == 2)
        #expect(table.value(for: 1, at: now) == 1)
        #expect(table.value(for: 2, at: now) == nil)
    }
}
