// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import KubernetesTesting
import TestSupport
import Testing
import Timing

@testable import ControllerRuntime

/// Candidates that elect a leader through a real client, real sockets and a server that plays faults.
@Suite("Leader elector")
struct LeaderElectorTests {
    static func refusal(_ code: Int, _ reason: String, cause: String? = nil) -> [ServerStep] {
        let status = WatchLine.status(Int64(code), reason: reason, message: "scripted", cause: cause)
        return [.response(status: code, body: status.serializedText())]
    }

    // MARK: One candidate

    @Test("The first candidate creates the Lease, leads, renews every 2 s and says so")
    func first() async throws {
        try await ElectionWorld.run { world in
            try await world.with("a") { a in
                try await a.untilLeads()
                #expect(world.holder == "a")
                #expect(a.elector.isLeader && a.elector.problems.isEmpty)
                #expect(a.metrics.value("leader_election_master_status{name=operator}") == 1)
                try await a.pass(.seconds(20))
                #expect(a.mayWrite)
                let sent = world.requests(of: "a")
                #expect(sent.prefix(2) == ["GET", "POST"])
                #expect(sent.dropFirst(2) == Array(repeating: "PUT", count: 10)[...])
                #expect(a.metrics.value("leader_election_slowpath_total{name=operator}") == 0)
                a.stop()
                try await a.untilEnded()
                #expect(world.holder == "")
                #expect(!a.mayWrite && !a.elector.isLeader && a.failure == nil)
                #expect(a.metrics.value("leader_election_master_status{name=operator}") == 0)
            }
        }
    }

    @Test(
        "T68: a record nobody renews is taken a full lease after it was first seen, whatever its times say",
        arguments: [-3_600, 0, 3_600]
    )
    func expiry(skew: Int64) async throws {
        try await ElectionWorld.run { world in
            world.putLease("ghost", renewedAt: MicroTime(sinceEpoch: .seconds(1_700_000_000 + skew)))
            try await world.with("a") { a in
                try await a.pass(.milliseconds(14_800))
                #expect(world.holder == "ghost")
                #expect(!world.requests(of: "a").contains("PUT"))
                try await a.pass(.milliseconds(200))
                try await a.untilLeads()
                #expect(a.clock.now.offset == .seconds(15))
            }
        }
    }

    @Test("T68: a record that is renewed is left alone for another lease, so the case can fail")
    func renewedRecord() async throws {
        try await ElectionWorld.run { world in
            world.putLease("ghost", renewedAt: MicroTime(microsecondsSinceEpoch: 0))
            try await world.with("a") { a in
                try await a.pass(.seconds(10))
                world.putLease("ghost", renewedAt: MicroTime(microsecondsSinceEpoch: 1))
                // Seen by the watch now, or by a look within 4.4 s.
                try await a.pass(.seconds(14))
                #expect(world.holder == "ghost")
                try await a.pass(.milliseconds(5_400))
                try await a.untilLeads()
            }
        }
    }

    @Test("T69: cut off from the API server, a leader loses within the renew deadline", arguments: [false, true])
    func cutOff(isSilent: Bool) async throws {
        try await ElectionWorld.run { world in
            let worked = Recorded<Bool>()
            try await world.with("a") { leadership in
                await Latch().wait()
                worked.append(leadership.mayWrite)
            } _: { a in
                try await a.untilLeads()
                try await a.pass(.seconds(4))
                let last = a.clock.now.offset
                world.setFault("a") { _ in isSilent ? [.silence] : [.reset] }
                try await a.pass(.milliseconds(9_800))
                #expect(a.mayWrite && !a.hasEnded)
                a.clock.advance(by: .milliseconds(400))
                #expect(!a.mayWrite)
                try await a.untilEnded()
                #expect(a.loss == .overdue)
                #expect(a.clock.now.offset - last < .seconds(15))
                // Its work was cancelled, could write no more, and ended before `run` did.
                #expect(worked.all == [false])
                #expect(a.overruns.all.isEmpty)
                // Nobody could tell the API server, so the record stays.
                #expect(world.holder == "a")
            }
        }
    }

    @Test("T69: an outage that ends in time costs no leadership, so the case can fail")
    func shortOutage() async throws {
        try await ElectionWorld.run { world in
            try await world.with("a") { a in
                try await a.untilLeads()
                try await a.pass(.seconds(4))
                world.setFault("a") { _ in [.reset] }
                try await a.pass(.seconds(7))
                world.setFault("a", nil)
                try await a.pass(.seconds(30))
                #expect(a.mayWrite && !a.hasEnded)
                #expect((a.metrics.value("leader_election_slowpath_total{name=operator}") ?? 0) > 0)
            }
        }
    }

    @Test("A leader that finds another's name in the Lease loses at once")
    func taken() async throws {
        try await ElectionWorld.run { world in
            try await world.with("a") { a in
                try await a.untilLeads()
                world.putLease("thief", renewedAt: MicroTime(microsecondsSinceEpoch: 0))
                try await a.settle()
                a.clock.advance(by: .seconds(2))
                try await a.untilEnded()
                #expect(a.loss == .taken)
                #expect(world.holder == "thief")
            }
        }
    }

    // MARK: Shutdown

    @Test("The Lease is renewed while the work winds down, and released only after it has ended")
    func windingDown() async throws {
        try await ElectionWorld.run { world in
            let mayEnd = Latch()
            try await world.with("a") { leadership in
                await Latch().wait()
                // What takes its time although it was asked to end.
                await Task { await mayEnd.wait() }.value
            } _: { a in
                try await a.untilLeads()
                a.stop()
                try await a.pass(.seconds(20))
                #expect(a.mayWrite && world.holder == "a")
                #expect(world.requests(of: "a").count { $0 == "PUT" } == 10)
                mayEnd.open()
                try await a.untilEnded()
                #expect(world.holder == "" && a.failure == nil && !a.mayWrite)
            }
        }
    }

    @Test("Work that ends by itself gives up the Lease, and what it throws is thrown")
    func workEnds() async throws {
        struct Broken: Error {}
        try await ElectionWorld.run { world in
            try await world.with("a") { _ in
                throw Broken()
            } _: { a in
                try await a.untilEnded()
                #expect(a.failure is Broken)
                #expect(world.holder == "")
            }
        }
    }

    @Test("Work that goes on after a loss is reported before anybody else may lead")
    func overrun() async throws {
        try await ElectionWorld.run { world in
            let mayEnd = Latch()
            try await world.with("a") { _ in
                await Task { await mayEnd.wait() }.value
            } _: { a in
                try await a.untilLeads()
                world.setFault("a") { _ in [.reset] }
                try await a.pass(.milliseconds(9_800))
                a.clock.advance(by: .milliseconds(200))
                try #require(
                    await eventually { a.clock.sleeperCount == 1 && !a.elector.isLeader }
                )
                a.clock.advance(by: .milliseconds(4_900))
                #expect(a.overruns.all.isEmpty && !a.hasEnded)
                a.clock.advance(by: .milliseconds(100))
                try #require(await eventually { a.overruns.all == [.seconds(15)] })
                mayEnd.open()
                try await a.untilEnded()
                #expect(a.loss == .overdue)
            }
        }
    }

    @Test("A standby that is told to stop does so at once and writes nothing, also while a look hangs")
    func stoppedStandby() async throws {
        try await ElectionWorld.run { world in
            world.putLease("ghost", renewedAt: MicroTime(microsecondsSinceEpoch: 0))
            try await world.with("a") { a in
                try await a.settle()
                world.setFault("a") { $0.isWatch ? nil : [.silence] }
                a.clock.advance(by: .seconds(5))
                try #require(await eventually { world.isSilenced("a") })
                a.stop()
                try await a.untilEnded()
                #expect(a.failure == nil && a.given == nil)
                #expect(world.requests(of: "a").allSatisfy { $0 == "GET" })
                #expect(world.holder == "ghost")
            }
        }
    }

    // MARK: Problems

    @Test("A missing namespace is named with what to do, and is no problem once it is there")
    func missingNamespace() async throws {
        try await ElectionWorld.run { world in
            world.setFault("a") { $0.method == "POST" ? Self.refusal(404, "NotFound") : nil }
            try await world.with("a") { a in
                try await a.pass(.seconds(20))
                let problem = try #require(a.elector.problems.first)
                #expect(a.elector.problems.count == 1)
                #expect(problem.contains("Create the namespace 'system'"))
                // It keeps trying, and not in a tight loop.
                #expect((5...11).contains(world.requests(of: "a").count { $0 == "POST" }))
                world.setFault("a", nil)
                try await a.pass(.milliseconds(4_400))
                try await a.untilLeads()
                #expect(a.elector.problems.isEmpty)
            }
        }
    }

    @Test("A missing right is named with what to grant, whichever it is", arguments: ["GET", "POST", "PUT", "WATCH"])
    func missingRight(verb: String) async throws {
        try await ElectionWorld.run { world in
            if verb != "POST" {
                world.putLease(verb == "PUT" ? "" : "ghost", renewedAt: .init(microsecondsSinceEpoch: 0))
            }
            world.setFault("a") { ($0.isWatch ? "WATCH" : $0.method) == verb ? Self.refusal(403, "Forbidden") : nil }
            try await world.with("a") { a in
                if verb == "WATCH" { try await a.untilWatchPauses() }
                try await a.pass(.seconds(10))
                let isNamed = await eventually { !a.elector.problems.isEmpty }
                try #require(isNamed)
                #expect(a.elector.problems.count == 1)
                #expect(a.elector.problems[0].contains("Grant get, create, update and watch on leases"))
                #expect(a.given == nil)
            }
        }
    }

    @Test("An API server that cannot be reached is a problem of the standby's, until it is there")
    func unreachable() async throws {
        try await ElectionWorld.run { world in
            world.setFault("a") { _ in [.reset] }
            try await world.with("a") { a in
                try await a.pass(.seconds(6))
                #expect(a.elector.problems.count == 1)
                world.setFault("a", nil)
                try await a.pass(.milliseconds(4_400))
                try await a.untilLeads()
                #expect(a.elector.problems.isEmpty)
            }
        }
    }
}
