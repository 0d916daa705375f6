// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Testing

@Suite("Condition set")
struct ConditionSetTests {
    let early = KubernetesTime(secondsSinceEpoch: 1_700_000_000)
    let late = KubernetesTime(secondsSinceEpoch: 1_700_000_060)

    func accepted(generation: Int64 = 2) -> ConditionSet {
        var set = ConditionSet()
        set.set("Accepted", .true, reason: "Accepted", message: "Good.", observedGeneration: generation, now: early)
        return set
    }

    @Test("A new condition is a transition")
    func new() {
        var set = ConditionSet()
        let change = set.set("Accepted", .true, reason: "R", message: "M", observedGeneration: 1, now: early)
        #expect(change == .transition(from: nil))
        #expect(set["Accepted"]?.lastTransitionTime == "2023-11-14T22:13:20Z")
    }

    @Test("The same again changes nothing")
    func same() {
        var set = accepted()
        let before = set
        let change = set.set(
            "Accepted",
            .true,
            reason: "Accepted",
            message: "Good.",
            observedGeneration: 2,
            now: late
        )
        #expect(change == .none)
        #expect(set == before)
    }

    @Test("Another reason, message or generation keeps the transition time")
    func detail() {
        var set = accepted()
        let change = set.set("Accepted", .true, reason: "Other", message: "Fine.", observedGeneration: 3, now: late)
        #expect(change == .detail)
        #expect(set["Accepted"]?.reason == "Other")
        #expect(set["Accepted"]?.observedGeneration == 3)
        #expect(set["Accepted"]?.lastTransitionTime == early.description)
    }

    @Test("Another status is a transition from the old condition")
    func transition() {
        var set = accepted()
        let before = set["Accepted"]
        let change = set.set("Accepted", .false, reason: "Bad", message: "Bad.", observedGeneration: 2, now: late)
        #expect(change == .transition(from: before))
        #expect(set["Accepted"]?.lastTransitionTime == late.description)
    }

    @Test("A condition seen at a later generation stays")
    func outdated() {
        var set = accepted(generation: 5)
        let before = set
        let change = set.set("Accepted", .false, reason: "Bad", message: "Bad.", observedGeneration: 4, now: late)
        #expect(change == .outdated)
        #expect(set == before)
    }

    @Test("Conditions of others keep their place")
    func foreign() {
        let foreign = Condition(
            type: "Foreign",
            status: .true,
            observedGeneration: 1,
            lastTransitionTime: "",
            reason: "R",
            message: ""
        )
        var set = ConditionSet([foreign])
        set.set("Accepted", .true, reason: "R", message: "M", observedGeneration: 1, now: early)
        set.set("Accepted", .false, reason: "R", message: "M", observedGeneration: 1, now: late)
        #expect(set.conditions.map(\.type) == ["Foreign", "Accepted"])
        #expect(set["Foreign"] == foreign)
    }
}
