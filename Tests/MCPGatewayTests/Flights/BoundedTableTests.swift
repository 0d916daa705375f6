// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import MCPGateway

@Suite("Bounded table")
struct BoundedTableTests {
    /// The same by the simplest means: a list in the order of use, the oldest first.
    private struct Model {
        let limit: Int
        var entries: [(key: Int, value: Int)] = []

        mutating func take(_ key: Int) -> Int? {
            entries.firstIndex { $0.key == key }.map { entries.remove(at: $0).value }
        }

        mutating func use(_ key: Int) -> Int? {
            guard let value = take(key) else { return nil }
            entries.append((key, value))
            return value
        }

        mutating func set(_ value: Int, for key: Int) -> [Int] {
            _ = take(key)
            entries.append((key, value))
            return entries.count > limit ? [entries.removeFirst().key] : []
        }
    }

    @Test("It does what a list in the order of use does", arguments: [1, 2, 7, 100], [UInt64(1), 2, 3])
    func randomWalk(limit: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = BoundedTable<Int, Int>(limit: limit)
        var model = Model(limit: limit)
        for step in 0..<5_000 {
            let key = Int.random(in: 0..<limit * 2, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<9: #expect(table.set(step, for: key).map(\.key) == model.set(step, for: key))
            case 9..<14: #expect(table.use(key) == model.use(key))
            case 14..<17: #expect(table.remove(key) == model.take(key))
            case 17..<19:
                let oldest = model.entries.isEmpty ? nil : model.entries.removeFirst()
                let removed = table.removeOldest()
                #expect(removed?.key == oldest?.key && removed?.value == oldest?.value)
            default:
                table.removeAll { key, value in (key + value).isMultiple(of: 3) }
                model.entries.removeAll { ($0.key + $0.value).isMultiple(of: 3) }
            }
            #expect(table.count == model.entries.count)
            #expect(table[key] == model.entries.first { $0.key == key }?.value)
        }
        // What is left comes out in the order of use.
        while let removed = table.removeOldest() { #expect(removed.key == model.entries.removeFirst().key) }
        #expect(model.entries.isEmpty)
    }

    @Test("Looking is no use")
    func looking() {
        var table = BoundedTable<Int, String>(limit: 2)
        table.set("a", for: 1)
        table.set("b", for: 2)
        #expect(table[1] == "a")
        #expect(table.set("c", for: 3).map(\.value) == ["a"])
        #expect(table.use(2) == "b")
        #expect(table.set("d", for: 4).map(\.value) == ["c"])
    }

    @Test("What is dropped is let go at once, and its place is taken again")
    func release() throws {
        final class Resource: Sendable {}
        var table = BoundedTable<Int, Resource>(limit: 10)
        var resource: Resource? = Resource()
        weak let dropped = resource
        table.set(try #require(resource), for: 1)
        resource = nil
        #expect(dropped != nil)
        table.remove(1)
        #expect(dropped == nil)
        for key in 0..<1_000 {
            table.set(Resource(), for: key)
            if key.isMultiple(of: 3) { table.remove(key) }
        }
        #expect(table.count <= 10)
        #expect(Mirror(reflecting: table).descendant("nodes").flatMap { $0 as? any Collection }?.count ?? 99 <= 10)
    }
}
