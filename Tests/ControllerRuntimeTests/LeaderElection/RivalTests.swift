// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import KubernetesTesting
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import ControllerRuntime

/// More than one candidate for one Lease.
@Suite("Rivals for a Lease")
struct RivalTests {
    @Test("Of two candidates one leads, and the other has no problem with that")
    func two() async throws {
        try await ElectionWorld.run { world in
            try await world.with("a") { a in
                try await a.untilLeads()
                try await world.with("b") { b in
                    for _ in 0..<40 {
                        try await a.pass(.milliseconds(500))
                        try await b.pass(.milliseconds(500))
                        #expect(a.mayWrite && !b.mayWrite)
                    }
                    #expect(b.given == nil && b.elector.problems.isEmpty)
                    #expect(world.requests(of: "b").allSatisfy { $0 == "GET" })
                }
            }
        }
    }

    @Test("T70: a standby that watches leads as soon as the Lease is released, without waiting")
    func release() async throws {
        try await ElectionWorld.run { world in
            try await world.with("a") { a in
                try await a.untilLeads()
                try await world.with("b") { b in
                    try await b.settle()
                    try #require(await eventually { world.watchCount(of: "b") == 1 })
                    a.stop()
                    try await b.untilLeads()
                    // Its clock has not moved: nothing was waited for.
                    #expect(b.clock.now.offset == .zero)
                    #expect(world.holder == "b" && !a.mayWrite)
                }
            }
        }
    }

    @Test("T70: a standby that may not watch leads at its next look, within 4.4 s of the release")
    func releaseWithoutWatch() async throws {
        try await ElectionWorld.run { world in
            world.setFault("b") { $0.isWatch ? LeaderElectorTests.refusal(403, "Forbidden") : nil }
            try await world.with("a") { a in
                try await a.untilLeads()
                try await world.with("b") { b in
                    try await b.untilWatchPauses()
                    try await b.settle()
                    a.stop()
                    try await a.untilEnded()
                    try await b.settle()
                    // Without the watch it takes time to notice, so the case before can fail.
                    #expect(!b.mayWrite && world.holder == "")
                    try await b.pass(.milliseconds(4_400))
                    try await b.untilLeads()
                }
            }
        }
    }

    @Test("T70: of two that claim the same version at the same moment, one leads")
    func race() async throws {
        try await ElectionWorld.run { world in
            world.putLease("", renewedAt: MicroTime(microsecondsSinceEpoch: 0))
            let bothClaim = Gate()
            let claims = NIOLockedValueBox<Set<String>>([])
            for name in ["a", "b"] {
                // Not the world, which keeps its faults.
                world.setFault(name) { [model = world.model] request in
                    guard request.method == "PUT" else { return nil }
                    let count = claims.withLockedValue { claims in
                        claims.insert(name)
                        return claims.count
                    }
                    if count == 2 { bothClaim.open() }
                    // The version is compared only once both have sent theirs.
                    return [
                        .wait(bothClaim),
                        .produced { number in number == 0 ? model.answerLive(request).first : nil },
                    ]
                }
            }
            try await world.with("a") { a in
                try await world.with("b") { b in
                    try #require(await eventually { a.mayWrite || b.mayWrite })
                    try await a.settle()
                    try await b.settle()
                    #expect(a.mayWrite != b.mayWrite)
                    #expect(world.holder == (a.mayWrite ? "a" : "b"))
                    #expect(a.elector.problems.isEmpty && b.elector.problems.isEmpty)
                }
            }
        }
    }

    @Test("A standby leads a lease after the leader's last renewal when that one vanishes without a word")
    func crash() async throws {
        try await ElectionWorld.run { world in
            try await world.with("a") { a in
                try await a.untilLeads()
                try await world.with("b") { b in
                    // From here on `a` stands still: its clock does.
                    try await b.pass(.milliseconds(14_800))
                    #expect(!b.mayWrite)
                    try await b.pass(.milliseconds(400))
                    try await b.untilLeads()
                    #expect(world.holder == "b")
                }
            }
        }
    }

    @Test("T71: a leader that stood still for 20 s does not write when it wakes, and takes nothing back")
    func paused() async throws {
        try await ElectionWorld.run { world in
            try await world.with("a") { a in
                try await a.untilLeads()
                try await world.with("b") { b in
                    try await b.pass(.milliseconds(15_200))
                    try await b.untilLeads()
                    let sent = world.requests(of: "a").count
                    #expect(a.mayWrite)
                    // It wakes: its clock shows at once what it slept through, before anything of it has run.
                    a.clock.advance(by: .seconds(20))
                    #expect(!a.mayWrite)
                    try await a.untilEnded()
                    #expect(a.loss == .overdue)
                    #expect(world.requests(of: "a").count == sent)
                    #expect(b.mayWrite && world.holder == "b")
                }
            }
        }
    }

    @Test("T71: a pause shorter than the renew deadline costs nothing, so the case can fail")
    func shortPause() async throws {
        try await ElectionWorld.run { world in
            try await world.with("a") { a in
                try await a.untilLeads()
                try await a.settle()
                a.clock.advance(by: .seconds(9))
                #expect(a.mayWrite)
                try await a.settle()
                try await a.pass(.seconds(9))
                #expect(a.mayWrite && !a.hasEnded)
            }
        }
    }

    // MARK: Simulated time

    @Test("T70: in 1,000 worlds of lost messages, pauses and skewed clocks never two may write")
    func simulated() async {
        var terms = 0
        for seed in 0..<UInt64(1_000) {
            var world = SimulatedElection(seed: seed)
            world.run(until: .seconds(60))
            #expect(world.violations.isEmpty, "seed \(seed): \(world.violations.prefix(3))")
            terms += world.terms
            // So that the tests beside this one get their turn.
            await Task.yield()
        }
        // Leadership changes hands, or nothing was tried.
        #expect(terms > 1_200, "\(terms) terms")
    }

    @Test("T70: a rule that counts a renewal from its answer lets two write, so the simulation can fail")
    func simulatedMistake() async {
        for seed in 0..<UInt64(300) {
            var world = SimulatedElection(seed: seed, countsFromAnswer: true)
            world.run(until: .seconds(120))
            if !world.violations.isEmpty { return }
            await Task.yield()
        }
        Issue.record("Nobody noticed")
    }
}
