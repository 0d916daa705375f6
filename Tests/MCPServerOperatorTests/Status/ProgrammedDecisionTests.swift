// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI
import Testing

@testable import MCPServerOperator

@Suite("Programmed")
struct ProgrammedDecisionTests {
    /// One row: how far the route has come, what the condition said, and what it is to say.
    struct Row: CustomTestStringConvertible {
        var name: String
        /// `gw-1+` uses the version, `gw-2!` refuses it, `gw-3?1500` has been behind for 1,500 ms.
        var gateways: [String]
        /// In milliseconds.
        var age: Int64
        /// In seconds.
        var quiet: Int64
        /// `Published@1`, `GatewayLagging:gw-1@1`; `nil` for none.
        var before: String?
        /// As `before`, without generation; `nil` if nothing is to be written.
        var after: String?
        /// In milliseconds.
        var recheck: Int64?

        init(
            _ name: String,
            _ gateways: [String],
            age: Int64 = 60_000,
            quiet: Int64 = 0,
            before: String? = "Published@2",
            _ after: String?,
            recheck: Int64? = nil
        ) {
            self.name = name
            self.gateways = gateways
            self.age = age
            self.quiet = quiet
            self.before = before
            self.after = after
            self.recheck = recheck
        }

        var testDescription: String { name }

        var progress: RouteProgress {
            var progress = RouteProgress(gateways: gateways.count, programmed: gateways.count { $0.hasSuffix("+") })
            progress.age = .milliseconds(age)
            progress.quiet = .seconds(quiet)
            for gateway in gateways {
                let name = String(gateway.prefix { !"+!?".contains($0) })
                if gateway.hasSuffix("!") {
                    progress.rejections.append(.init(gateway: name, reason: "IssuerNotTrusted", message: "It is not."))
                } else if let lag = Int64(gateway.dropFirst(name.count + 1)) {
                    progress.laggards.append(.init(gateway: name, lag: .milliseconds(lag)))
                }
            }
            return progress
        }
    }

    /// The condition that a word such as `GatewayLagging:gw-1@2` stands for.
    private static func condition(_ word: String) -> Condition? {
        let parts = word.split(separator: "@")
        guard let reason = parts.first, let generation = parts.last.flatMap({ Int64($0) }) else { return nil }
        return Condition(
            type: "Programmed",
            status: ConditionReason(rawValue: String(reason.prefix { $0 != ":" }))?.status ?? .unknown,
            observedGeneration: generation,
            lastTransitionTime: "2026-01-01T00:00:00Z",
            reason: String(reason.prefix { $0 != ":" }),
            message: message(String(reason))
        )
    }

    /// What an earlier decision said.
    private static func message(_ word: String) -> String {
        let parts = word.split(separator: ":").map(String.init)
        let gateways =
            switch parts.first {
            case "GatewayLagging": parts.dropFirst().map { $0 + "?9000" }
            case "GatewayRejected": parts.dropFirst().map { $0 + "!" }
            case "Published": ["gw-1+"]
            default: [String]()
            }
        let row = Row("", gateways, before: nil, nil)
        return ProgrammedDecision.decide(row.progress, previous: nil, generation: 2).condition?.message ?? ""
    }

    static let rows = [
        Row("no gateway", [], before: nil, "NoGateway"),
        Row("no gateway any more", [], "NoGateway"),
        Row("every gateway uses it", ["gw-1+", "gw-2+"], before: nil, "Published"),
        Row("a new gateway that uses it changes nothing", ["gw-1+", "gw-2+"], "Published"),

        Row("a lag under 2 s changes nothing", ["gw-1+", "gw-2?1999"], "Published", recheck: 1),
        Row("a lag of 2 s is written", ["gw-1+", "gw-2?2000"], "GatewayLagging:gw-2"),
        Row(
            "the first late one is named, not one that is in time",
            ["gw-1?1500", "gw-2?2000"],
            "GatewayLagging:gw-2",
            recheck: 500
        ),
        Row(
            "one that has been named and is still behind stays named",
            ["gw-1?9000", "gw-2?9000"],
            before: "GatewayLagging:gw-2@2",
            "GatewayLagging:gw-2"
        ),
        Row(
            "one that has caught up is named no more",
            ["gw-1?9000", "gw-2+"],
            before: "GatewayLagging:gw-2@2",
            "GatewayLagging:gw-1"
        ),
        Row("a lag that has ended", ["gw-1+", "gw-2+"], before: "GatewayLagging:gw-2@2", "Published"),
        Row(
            "another one just behind leaves a lag that has ended for a moment",
            ["gw-1?100", "gw-2+"],
            before: "GatewayLagging:gw-2@2",
            "GatewayLagging:gw-2",
            recheck: 1_900
        ),
        Row("the only gateway is in time", ["gw-1?100"], before: "NoGateway@2", "NoGateway", recheck: 1_900),

        Row("a refusal is written when everybody has answered", ["gw-1+", "gw-2!"], "GatewayRejected:gw-2"),
        Row("a refusal waits for others that are in time", ["gw-1?100", "gw-2!"], "Published", recheck: 1_900),
        Row("a refusal says more than a lag", ["gw-1?2000", "gw-2!"], "GatewayRejected:gw-2"),
        Row(
            "the refusal that has been named stays named",
            ["gw-1!", "gw-2!"],
            before: "GatewayRejected:gw-2@2",
            "GatewayRejected:gw-2"
        ),
        Row("a refusal that has ended", ["gw-1+", "gw-2+"], before: "GatewayRejected:gw-2@2", "Published"),

        Row(
            "a new spec waits for the answers",
            ["gw-1+", "gw-2?500"],
            age: 500,
            before: "Published@1",
            nil,
            recheck: 1_500
        ),
        Row(
            "a new spec waits also where a gateway has been late before",
            ["gw-1+", "gw-2?9000"],
            age: 500,
            before: "GatewayLagging:gw-2@1",
            nil,
            recheck: 1_500
        ),
        Row(
            "a new spec is written when everybody has answered",
            ["gw-1+", "gw-2+"],
            age: 500,
            before: "Published@1",
            "Published"
        ),
        Row(
            "a new spec is written after 2 s",
            ["gw-1+", "gw-2?2000"],
            age: 2_000,
            before: "Published@1",
            "GatewayLagging:gw-2"
        ),
        Row(
            "a new spec that a gateway refuses",
            ["gw-1+", "gw-2!"],
            age: 500,
            before: "Published@1",
            "GatewayRejected:gw-2"
        ),
        Row("a new spec without a gateway has nobody to wait for", [], age: 0, before: "Published@1", "NoGateway"),
        Row("a new server waits for the answers", ["gw-1?0"], age: 0, before: nil, nil, recheck: 2_000),
        Row(
            "a server whose Secret came late waits for the answers",
            ["gw-1?100"],
            age: 100,
            before: "Withheld@2",
            nil,
            recheck: 1_900
        ),
        Row(
            "a gateway that comes later is not waited for again",
            ["gw-1+", "gw-2?100"],
            age: 2_000,
            before: "Published@1",
            "Published",
            recheck: 1_900
        ),
        Row("unless it is the only one", ["gw-2?100"], age: 2_000, before: "Withheld@2", nil, recheck: 1_900),

        Row("in the quiet period no gateway lowers nothing", [], quiet: 30, "Published", recheck: 30_000),
        Row("nor does a lag", ["gw-1?5000"], quiet: 30, "Published", recheck: 30_000),
        Row("nor does a refusal", ["gw-1!"], quiet: 30, "Published", recheck: 30_000),
        Row(
            "nor with a new spec, which is waited for all the same",
            ["gw-1?100"],
            age: 100,
            quiet: 30,
            before: "Published@1",
            nil,
            recheck: 1_900
        ),
        Row(
            "and then only its generation follows",
            ["gw-1?2000"],
            age: 2_000,
            quiet: 30,
            before: "Published@1",
            "Published",
            recheck: 30_000
        ),
        Row(
            "a lag is kept: who lags may not have reported",
            ["gw-1+"],
            quiet: 30,
            before: "GatewayLagging:gw-2@2",
            "GatewayLagging:gw-2",
            recheck: 30_000
        ),
        Row(
            "a refusal likewise",
            ["gw-1+"],
            quiet: 30,
            before: "GatewayRejected:gw-2@2",
            "GatewayRejected:gw-2",
            recheck: 30_000
        ),
        Row(
            "without a gateway too",
            [],
            quiet: 30,
            before: "GatewayRejected:gw-2@2",
            "GatewayRejected:gw-2",
            recheck: 30_000
        ),
        Row(
            "a new spec ends a refusal of the old one",
            ["gw-1+"],
            quiet: 30,
            before: "GatewayRejected:gw-2@1",
            "Published"
        ),
        Row("a first gateway raises", ["gw-1+"], quiet: 30, before: "NoGateway@2", "Published"),
        Row("a new server is told the truth", [], quiet: 30, before: nil, "NoGateway"),
        Row("as is one whose Secret came late", ["gw-1!"], quiet: 30, before: "Withheld@2", "GatewayRejected:gw-1"),
        Row("after the quiet period everything counts", [], quiet: 0, "NoGateway"),
    ]

    @Test("what is written follows from what gateways have said and what was written before", arguments: rows)
    func decision(_ row: Row) throws {
        let decision = ProgrammedDecision.decide(
            row.progress,
            previous: row.before.flatMap(Self.condition),
            generation: 2
        )
        #expect(decision.condition?.reason.rawValue == row.after.map { String($0.prefix { $0 != ":" }) })
        if let after = row.after { #expect(decision.condition?.message == Self.message(after)) }
        #expect(decision.recheck == row.recheck.map { .milliseconds($0) })
        if decision.condition != nil {
            let programmed = row.gateways.count { $0.hasSuffix("+") }
            #expect(decision.gateways == .init(programmed: Int64(programmed), total: Int64(row.gateways.count)))
        }
    }

    @Test("without a route the condition says so, whatever gateways say")
    func withheld() {
        let decision = ProgrammedDecision.decide(nil, previous: Self.condition("Published@2"), generation: 2)
        #expect(decision.condition?.reason == .withheld)
        #expect(decision.gateways == nil && decision.recheck == nil)
    }

    @Test("a condition that somebody else has written is none that could be kept")
    func foreignCondition() {
        var condition = Self.condition("Published@2")
        condition?.status = .false
        let row = Row("", [], quiet: 30, nil)
        #expect(
            ProgrammedDecision.decide(row.progress, previous: condition, generation: 2).condition?.reason == .noGateway
        )
        condition?.reason = "Whatever"
        #expect(
            ProgrammedDecision.decide(row.progress, previous: condition, generation: 2).condition?.reason == .noGateway
        )
    }

    @Test("messages are sentences that name the gateway and say what to do, without control characters")
    func messages() {
        var progress = RouteProgress(gateways: 1, programmed: 0)
        progress.rejections = [.init(gateway: "gw-1", reason: "Issuer\u{0}", message: "Not\r\nours\u{202e}\u{2028}")]
        let message = ProgrammedDecision.decide(progress, previous: nil, generation: 1).condition?.message ?? ""
        #expect(message.hasPrefix("Gateway 'gw-1' refuses the route: Issuer : Not  ours  ."), "\(message)")
        #expect(message.hasSuffix("Compare its configuration with the operator's; they should be the same file."))
        progress.rejections = [.init(gateway: "gw-1", reason: "", message: "")]
        let bare = ProgrammedDecision.decide(progress, previous: nil, generation: 1).condition?.message ?? ""
        #expect(bare.hasPrefix("Gateway 'gw-1' refuses the route. Compare"), "\(bare)")
        for row in Self.rows {
            let decision = ProgrammedDecision.decide(row.progress, previous: nil, generation: 1)
            #expect(decision.condition?.message.hasSuffix(".") != false)
        }
    }
}
