// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import NIOConcurrencyHelpers
import Testing

@testable import MCPServerOperator

@Suite("First pass")
struct FirstPassTests {
    private static func keys(_ names: String...) -> [ObjectKey] {
        names.map { ObjectKey(namespace: "team-a", name: $0) }
    }

    private static func make() -> (FirstPass, NIOLockedValueBox<Int>) {
        let completions = NIOLockedValueBox(0)
        return (FirstPass { completions.withLockedValue { $0 += 1 } }, completions)
    }

    private static func count(_ completions: NIOLockedValueBox<Int>) -> Int { completions.withLockedValue { $0 } }

    @Test("it is complete when every object of the lists has been reconciled, whatever the order")
    func completes() {
        let (pass, completions) = Self.make()
        pass.finish(ObjectKey(namespace: "team-a", name: "a"))
        pass.begin(with: Self.keys("a", "b", "c"))
        pass.finish(ObjectKey(namespace: "team-a", name: "b"))
        pass.finish(ObjectKey(namespace: "team-a", name: "b"))
        #expect(Self.count(completions) == 0)
        pass.finish(ObjectKey(namespace: "team-a", name: "c"))
        #expect(Self.count(completions) == 1)
        pass.finish(ObjectKey(namespace: "team-a", name: "c"))
        pass.begin(with: Self.keys("d"))
        #expect(pass.giveUp { _ in Issue.record("Nothing is left") } == 0)
        #expect(Self.count(completions) == 1)
    }

    @Test("without an object there is nothing to wait for")
    func empty() {
        let (pass, completions) = Self.make()
        #expect(pass.giveUp { _ in Issue.record("Nothing is left") } == 0)
        #expect(Self.count(completions) == 0)
        pass.begin(with: [])
        #expect(Self.count(completions) == 1)
    }

    @Test("what cannot be reconciled is given up in the end")
    func givesUp() {
        let (pass, completions) = Self.make()
        pass.begin(with: Self.keys("a", "b", "c"))
        pass.finish(ObjectKey(namespace: "team-a", name: "c"))
        var left: [String] = []
        let count = pass.giveUp { key in
            // Before anybody is told that the pass is complete.
            #expect(Self.count(completions) == 0)
            left.append(key.name)
        }
        #expect(count == 2 && left.sorted() == ["a", "b"])
        #expect(Self.count(completions) == 1)
    }
}
