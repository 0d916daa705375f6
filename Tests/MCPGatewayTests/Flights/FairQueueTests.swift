// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import MCPGateway

@Suite("Fair queue")
struct FairQueueTests {
    @Test("Owners take turns in the order in which they came")
    func turns() {
        var queue = FairQueue<String, Int>()
        for (owner, number) in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)] {
            queue.append(number, of: owner)
        }
        var order: [Int] = []
        while let next = queue.popFirst() { order.append(next) }
        #expect(order == [1, 4, 5, 2, 6, 3])
        #expect(queue.isEmpty)
    }

    @Test("Who goes leaves no turn behind")
    func removal() {
        var queue = FairQueue<String, Int>()
        queue.append(1, of: "a")
        queue.append(2, of: "b")
        queue.append(3, of: "b")
        queue.remove(of: "a") { $0 == 1 }
        queue.remove(of: "b") { $0 == 2 }
        queue.remove(of: "c") { _ in true }
        #expect(queue.count == 1)
        #expect(queue.popFirst() == 3)
        #expect(queue.popFirst() == nil)
        queue.append(4, of: "a")
        #expect(queue.popFirst() == 4)
    }

    @Test("The newest element of whoever has most makes room for one who has less, and never the other way round")
    func displacement() {
        var queue = FairQueue<String, Int>()
        for (owner, number) in [("a", 1), ("a", 2), ("a", 3), ("b", 4)] { queue.append(number, of: owner) }
        #expect(queue.displace(for: "a") == nil)
        #expect(queue.displace(for: "c") == 3)
        #expect(queue.displace(for: "b") == nil)
        #expect(queue.displace(for: "c") == 2)
        #expect(queue.displace(for: "c") == nil)
        #expect(queue.count == 2)
        #expect([queue.popFirst(), queue.popFirst(), queue.popFirst()] == [1, 4, nil])
    }

    @Test("Nothing is lost and nobody waits for more turns than there are owners, whatever comes")
    func model() {
        var random = SeededGenerator(seed: 11)
        var queue = FairQueue<Int, Int>()
        var model: [Int: [Int]] = [:]
        for step in 0..<5_000 {
            let owner = Int.random(in: 0..<5, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                queue.append(step, of: owner)
                model[owner, default: []].append(step)
            case 2:
                let gone = model[owner]?.randomElement(using: &random)
                queue.remove(of: owner) { $0 == gone }
                model[owner]?.removeAll { $0 == gone }
            default:
                guard let taken = queue.popFirst() else {
                    #expect(model.values.allSatisfy { $0.isEmpty })
                    continue
                }
                let owners = model.filter { $0.value.first == taken }.map(\.key)
                #expect(owners.count == 1)
                if let owner = owners.first { model[owner]?.removeFirst() }
            }
            #expect(queue.count == model.values.map(\.count).reduce(0, +))
        }
    }
}
