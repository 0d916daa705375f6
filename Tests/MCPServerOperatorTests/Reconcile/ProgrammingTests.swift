// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import MCPServerAPI
import RouteTable
import TestSupport
import Testing

@testable import MCPServerOperator

/// Stories of edits, rotations and gateways, on a clock that only the story moves.
///
/// The server is reconciled after every step, whether or not anything asks for it: what must not be written yet is not
/// written either when somebody looks too early.
@Suite("Programming a server")
struct ProgrammingTests {
    enum Step {
        /// A new spec.
        case edit
        /// A new version of a Secret, under the same spec.
        case rotate
        case suspend
        case deleteSecret
        case restoreSecret
        /// A full report that names nothing.
        case join(String)
        /// The newest version is in use.
        case apply(String)
        /// An answer about a version that is not the newest.
        case applyOld(String)
        case refuse(String)
        /// Nothing new: the gateway is alive.
        case beat(String)
        case milliseconds(Int)
        /// The operator's process ends, and another begins.
        case restart
        /// The replica begins to lead; it has known the gateways before.
        case lead
    }

    struct Story: CustomTestStringConvertible {
        var testDescription: String
        var steps: [Step]
        /// The reason of `Programmed` in each status written after the server was first Ready, with what was written
        /// into `gateways`.
        var writes: [String]
        /// A gateway that says nothing by itself; the others report every now and then.
        var silent: String?

        init(_ description: String, _ steps: [Step], writes: [String], silent: String? = nil) {
            testDescription = description
            self.steps = steps
            self.writes = writes
            self.silent = silent
        }
    }

    /// The world of a story.
    private final class Teller {
        var world = OperatorWorld(countsAsGateway: false)
        private var revision = 0

        private func secret() {
            revision += 1
            world.put(.credentials, ["client-id": "sallyport", "client-secret": "canary-\(revision)"])
        }

        /// A server that gateways `a` and `b` use, long after the start.
        func begin() async throws {
            try world.apply(Manifest.plain)
            world.put(.todoClient, ["client-id": "todo", "client-secret": "canary"])
            secret()
            for step in [Step.join("a"), .join("b"), .apply("a"), .apply("b"), .milliseconds(60_000)] {
                try await tell(step)
            }
        }

        func tell(_ step: Step) async throws {
            switch step {
            case .edit: try world.apply(Manifest.plain)
            case .suspend: try world.apply(Manifest.plain.replacing("suspended: false", with: "suspended: true"))
            case .rotate, .restoreSecret: secret()
            case .deleteSecret: world.with { $0.secrets[.credentials] = nil }
            case .join(let name): report(GatewayReport(revision: 1, isFull: true, entries: []), name)
            case .apply(let name): report(answer(.applied), name)
            case .applyOld(let name):
                let entry = GatewayReport.Entry(key: RouteKey(.todo), version: "old", outcome: .applied)
                report(GatewayReport(revision: 1, isFull: false, entries: [entry]), name)
            case .refuse(let name): report(answer(.rejected(reason: "IssuerNotTrusted", message: "Not ours.")), name)
            case .beat(let name): report(GatewayReport(revision: 1, isFull: false, entries: []), name)
            case .milliseconds(let count):
                var left = count
                while left > 0 {
                    world.clock.advance(by: .milliseconds(min(left, 10_000)))
                    left -= min(left, 10_000)
                    for name in alive.sorted() { report(GatewayReport(revision: 1, isFull: false, entries: []), name) }
                    try await world.reconcile()
                }
            case .restart:
                world = OperatorWorld(countsAsGateway: false, state: world.state)
                world.publisher?.beginQuietPeriod()
            case .lead: world.publisher?.beginQuietPeriod()
            }
            try await world.reconcile()
        }

        /// The gateways that report every now and then by themselves.
        var alive: Set<String> = ["a", "b", "c"]

        private func answer(_ outcome: GatewayReport.Outcome) -> GatewayReport {
            let version = world.routes[RouteKey(.todo)]?.version ?? ""
            let entry = GatewayReport.Entry(key: RouteKey(.todo), version: version, outcome: outcome)
            return GatewayReport(revision: 1, isFull: false, entries: [entry])
        }

        private func report(_ report: GatewayReport, _ name: String) {
            _ = world.publisher?.receive(report, from: name)
        }

        var writes: [String] {
            world.with(\.writes).map { write in
                let gateways = write.status.gateways.map { " \($0.programmed)/\($0.total)" } ?? ""
                return (write.status.condition(.programmed)?.reason ?? "") + gateways
            }
        }
    }

    static let stories = [
        Story(
            "an edit that both take over is one patch",
            [.edit, .apply("a"), .milliseconds(1_900), .apply("b")],
            writes: ["Published 2/2"]
        ),
        Story(
            "an edit that one does not take over is one patch after 2 s",
            [.edit, .apply("a"), .milliseconds(1_999), .milliseconds(1)],
            writes: ["GatewayLagging 1/2"]
        ),
        Story(
            "and another one when it has",
            [.edit, .apply("a"), .milliseconds(2_000), .apply("b")],
            writes: ["GatewayLagging 1/2", "Published 2/2"]
        ),
        Story(
            "two edits within 2 s are one patch",
            [.edit, .milliseconds(1_500), .edit, .milliseconds(1_500), .apply("a"), .apply("b")],
            writes: ["Published 2/2"]
        ),
        Story(
            "an answer for an older version is no answer",
            [.edit, .apply("a"), .applyOld("b"), .milliseconds(2_000)],
            writes: ["GatewayLagging 1/2"]
        ),
        Story(
            "an edit that one refuses is one patch",
            [.edit, .apply("a"), .refuse("b")],
            writes: ["GatewayRejected 1/2"]
        ),
        Story(
            "a refusal is told of when the other has answered too",
            [.edit, .refuse("b"), .milliseconds(1_000), .apply("a")],
            writes: ["GatewayRejected 1/2"]
        ),
        Story("a suspension is written at once", [.suspend], writes: ["Suspended"]),
        Story(
            "and its end when both serve again",
            [.suspend, .edit, .apply("a"), .milliseconds(100), .apply("b")],
            writes: ["Suspended", "Published 2/2"]
        ),

        Story(
            "a rotation is written at once, with Programmed as it was",
            [.rotate, .milliseconds(1_000), .apply("a"), .apply("b")],
            writes: ["Published 2/2"]
        ),
        Story(
            "a rotation that one does not take over is a lag",
            [.rotate, .apply("a"), .milliseconds(2_000), .apply("b")],
            writes: ["Published 2/2", "GatewayLagging 1/2", "Published 2/2"]
        ),
        Story(
            "rotations do not hide a gateway that takes none over",
            [.rotate, .apply("a"), .milliseconds(1_500), .rotate, .apply("a"), .milliseconds(500)],
            writes: ["Published 2/2", "Published 2/2", "GatewayLagging 1/2"]
        ),
        Story(
            "a Secret that is gone, and back",
            [.deleteSecret, .restoreSecret, .apply("a"), .milliseconds(1_000), .apply("b")],
            writes: ["Withheld", "Published 2/2"]
        ),

        Story(
            "a gateway that joins and catches up within 2 s is no news",
            [.join("c"), .milliseconds(1_900), .apply("c"), .milliseconds(5_000)],
            writes: []
        ),
        Story(
            "one that does not is",
            [.join("c"), .milliseconds(2_000), .apply("c")],
            writes: ["GatewayLagging 2/3", "Published 3/3"]
        ),
        Story(
            "a gateway that begins anew under its name has 2 s too",
            [.join("b"), .milliseconds(1_900), .apply("b"), .milliseconds(5_000)],
            writes: []
        ),
        Story(
            "a gateway that falls silent counts for 45 s and is no news then",
            [.beat("b"), .milliseconds(44_000), .milliseconds(2_000)],
            writes: [],
            silent: "b"
        ),
        Story(
            "an edit meanwhile waits for it in vain, until it is gone",
            [.beat("b"), .milliseconds(30_000), .edit, .apply("a"), .milliseconds(2_000), .milliseconds(13_000)],
            writes: ["GatewayLagging 1/2", "Published 1/1"],
            silent: "b"
        ),
        Story(
            "a refusal goes with the gateway that made it",
            [.edit, .apply("a"), .refuse("b"), .milliseconds(45_000)],
            writes: ["GatewayRejected 1/2", "Published 1/1"],
            silent: "b"
        ),

        Story(
            "a restart writes nothing, before and after gateways report, and after the quiet period",
            [.restart, .milliseconds(14_000), .join("a"), .apply("a"), .join("b"), .apply("b"), .milliseconds(44_000)],
            writes: []
        ),
        Story(
            "nor where a gateway takes long to catch up",
            [.restart, .join("a"), .milliseconds(5_000), .apply("a"), .join("b"), .apply("b"), .milliseconds(44_000)],
            writes: []
        ),
        Story(
            "gateways that do not come back are missed after 45 s",
            [.restart, .milliseconds(44_999), .milliseconds(1)],
            writes: ["NoGateway 0/0"]
        ),
        Story(
            "one that comes back without the route is late after 45 s",
            [.restart, .join("a"), .milliseconds(44_000), .milliseconds(1_000)],
            writes: ["GatewayLagging 0/1"]
        ),
        Story(
            "an edit after a restart moves only the generation",
            [.restart, .milliseconds(20_000), .edit, .join("a"), .apply("a")],
            writes: ["Published 2/2"]
        ),
        Story("a suspension after a restart is written at once", [.restart, .suspend], writes: ["Suspended"]),
        Story(
            "a refusal outlasts a restart",
            [
                .edit, .apply("a"), .refuse("b"), .restart, .join("a"), .apply("a"), .milliseconds(10_000), .join("b"),
                .refuse("b"), .milliseconds(44_000),
            ],
            writes: ["GatewayRejected 1/2"]
        ),
        Story(
            "a new leader that knows the gateways writes nothing",
            [.lead, .milliseconds(44_000), .milliseconds(2_000)],
            writes: []
        ),
        Story(
            "a new leader lowers nothing for 45 s",
            [.lead, .rotate, .apply("a"), .milliseconds(44_000), .milliseconds(1_000)],
            writes: ["Published 2/2", "GatewayLagging 1/2"]
        ),
    ]

    @Test("statuses are written when they are due, once, and not before", arguments: stories)
    func story(_ story: Story) async throws {
        let teller = Teller()
        try await teller.begin()
        #expect(teller.writes == ["Published 2/2"], "Two gateways took it over: one patch.")
        if let silent = story.silent { teller.alive.remove(silent) }
        for step in story.steps { try await teller.tell(step) }
        #expect(Array(teller.writes.dropFirst()) == story.writes)
        let before = teller.writes.count
        try await teller.world.reconcile()
        #expect(teller.writes.count == before, "A second reconcile writes nothing.")
    }

    @Test("what waits for gateways comes back by itself when it is due")
    func deadlines() async throws {
        let teller = Teller()
        try await teller.begin()
        try teller.world.apply(Manifest.plain)
        #expect(try await teller.world.reconcile() == .requeue(after: .seconds(2)))
        teller.world.clock.advance(by: .milliseconds(500))
        #expect(try await teller.world.reconcile() == .requeue(after: .milliseconds(1_500)))
        try await teller.tell(.apply("a"))
        try await teller.tell(.apply("b"))
        #expect(try await teller.world.reconcile() == .settled)
        try await teller.tell(.restart)
        #expect(try await teller.world.reconcile() == .requeue(after: .seconds(45)))
    }

    @Test("credentials and generation follow although Programmed is kept")
    func follows() async throws {
        let teller = Teller()
        try await teller.begin()
        let version = teller.world.status?.credentials?.idp?.resourceVersion
        try await teller.tell(.rotate)
        #expect(teller.world.status?.credentials?.idp?.resourceVersion != version)
        #expect(teller.world.status?.condition(.programmed)?.status == .true)
        try await teller.tell(.restart)
        try await teller.tell(.edit)
        #expect(teller.world.status?.condition(.programmed)?.observedGeneration == 2)
        #expect(teller.world.status?.observedGeneration == 2)
        #expect(teller.world.reason(.ready) == "Ready")
    }
}
