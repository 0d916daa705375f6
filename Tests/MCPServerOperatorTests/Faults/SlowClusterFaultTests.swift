// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import NIOConcurrencyHelpers
import RouteTable
import TestSupport
import Testing

@testable import MCPServerOperator

/// The whole operator while its API server loses kinds, rights and history; time passes only as the tests let it.
@Suite("Faults of a cluster", .timeLimit(.minutes(10)))
struct SlowClusterFaultTests {
    private let clock = ManualClock()
    private let wallClock = NIOLockedValueBox(Duration.seconds(1_700_000_000))
    private let cluster = FakeCluster()

    /// Runs the operator until `body` returns.
    ///
    /// With one worker whatever was queued before a server is done when that server is.
    private func running(workers: Int = 1, _ body: (ClusterOperator) async throws -> Void) async throws {
        let made = try ClusterOperatorTests.make(
            cluster,
            configuration: OperatorConfiguration(workers: workers),
            clock: clock,
            sinceEpoch: { [wallClock] in wallClock.withLockedValue { $0 } }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await made.run() }
            try await body(made)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Lets time pass until something holds; the suite's time limit is the deadline.
    ///
    /// Only what is polled once a minute needs long steps.
    private func wait(step: Duration = .milliseconds(5), until holds: () -> Bool) async throws {
        while !holds() {
            try Task.checkCancellation()
            clock.advance(by: step)
            // Not a yield: whoever works must get the processor before the clock moves on.
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    // MARK: The kind of grants

    private static let shared = """
        apiVersion: v1
        kind: Secret
        metadata:
          name: idp
          namespace: vault
          annotations:
            mcp.giantswarm.io/token-endpoints: https://idp.example/token https://auth.todo.example/token
        stringData: {client-id: sallyport, client-secret: a, mcp-client-id: todo, mcp-client-secret: b}
        """
    private static let grant = """
        apiVersion: gateway.networking.k8s.io/v1beta1
        kind: ReferenceGrant
        metadata: {name: g, namespace: vault}
        spec:
          from: [{group: mcp.giantswarm.io, kind: MCPServer, namespace: team-a}]
          to: [{group: "", kind: Secret}]
        """
    private static let grantKey = ObjectKey(namespace: "vault", name: "g")

    private func applyShared() throws {
        try cluster.apply(
            Manifest.enterprise(
                "idpTokenEndpoint: https://idp.example/token",
                "mcpAuthServerTokenEndpoint: https://auth.todo.example/token",
                "clientCredentialsSecretRef: {name: idp, namespace: vault}"
            )
        )
        try cluster.apply(Self.shared)
        try cluster.apply(Self.grant)
    }

    @Test("grants end with their kind, and count again once it is back")
    func grantsGone() async throws {
        try applyShared()
        try await running { made in
            try await wait(step: .milliseconds(100)) {
                made.routes.snapshot.routes.count == 1 && cluster.openWatches("referencegrants") == 1
            }
            cluster.endWatches("referencegrants") { cluster in
                cluster.fail("referencegrants", with: 404)
                cluster.delete("referencegrants", Self.grantKey)
            }
            try await wait(step: .milliseconds(100)) { cluster.reason("ResolvedRefs") == "RefNotPermitted" }
            #expect(made.routes.snapshot.routes.isEmpty)
            cluster.fail("referencegrants", with: nil)
            try cluster.apply(Self.grant)
            try await wait(step: .milliseconds(100)) { cluster.reason("ResolvedRefs") == "ResolvedRefs" }
            #expect(made.routes.snapshot.routes.count == 1)
        }
    }

    @Test("without the kind of grants a server is refused, and it counts once it is installed")
    func grantsInstalledLater() async throws {
        cluster.fail("referencegrants", with: 404)
        try applyShared()
        try await running { made in
            try await wait(step: .milliseconds(100)) { cluster.reason("ResolvedRefs") == "RefNotPermitted" }
            try await wait(step: .milliseconds(100)) {
                made.readiness == OperatorReadiness(isReady: true, problems: [])
            }
            cluster.fail("referencegrants", with: nil)
            try await wait(step: .milliseconds(100)) { cluster.reason("ResolvedRefs") == "ResolvedRefs" }
        }
    }

    @Test("a failure that passes takes no grant away", arguments: [(500, 12), (503, 12), (403, 12), (404, 4)])
    func grantsKept(status: Int, times: Int) async throws {
        try applyShared()
        try await running { made in
            try await wait(step: .milliseconds(100)) {
                made.routes.snapshot.routes.count == 1 && cluster.openWatches("referencegrants") == 1
            }
            let asked = cluster.count("LIST referencegrants") + cluster.count("WATCH referencegrants")
            cluster.endWatches("referencegrants") { $0.fail("referencegrants", with: status, times: times) }
            try await wait(step: .milliseconds(100)) { cluster.openWatches("referencegrants") == 1 }
            #expect(cluster.count("LIST referencegrants") + cluster.count("WATCH referencegrants") > asked + times)
            // One that is settled afterwards shows that the other was not touched before.
            try cluster.apply(Manifest.server(auth: nil).replacing("name: todo", with: "name: last"))
            try await wait(step: .milliseconds(100)) {
                cluster.reason("Programmed", of: ObjectKey(namespace: "team-a", name: "last")) != nil
            }
            #expect(cluster.reason("ResolvedRefs") == "ResolvedRefs")
            #expect(made.routes.snapshot.routes.count == 2)
            #expect(made.routes.snapshot[RouteKey(.todo)] != nil)
            #expect(cluster.count("PATCH mcpservers team-a/todo") == 1)
        }
    }

    // MARK: The right to read Secrets

    private func settle(_ made: ClusterOperator) async throws -> String? {
        try await wait(step: .milliseconds(100)) {
            made.routes.snapshot.routes.count == 1 && cluster.reason("ResolvedRefs") == "ResolvedRefs"
                && cluster.openWatches("secrets") == 1
        }
        return made.routes.snapshot[RouteKey(.todo)]?.version
    }

    @Test("a changed Secret that may not be read again is access denied, and the last good route stays")
    func rereadRefused() async throws {
        try cluster.apply(ClusterOperatorTests.secrets)
        try cluster.apply(Manifest.plain)
        try await running { made in
            let version = try await settle(made)
            cluster.fail("GET secrets", with: 403)
            try cluster.apply(ClusterOperatorTests.secrets.replacing("client-secret: a", with: "client-secret: c"))
            try await wait { cluster.reason("ResolvedRefs") == "SecretAccessDenied" }
            #expect(cluster.status("ResolvedRefs") == "Unknown")
            #expect(version != nil)
            #expect(made.routes.snapshot[RouteKey(.todo)]?.version == version)
            cluster.fail("GET secrets", with: nil)
            try await wait { cluster.reason("ResolvedRefs") == "ResolvedRefs" }
            #expect(made.routes.snapshot[RouteKey(.todo)]?.version != version)
        }
    }

    @Test("a watch of Secrets that is refused later shows in readiness and in each server, and heals by itself")
    func watchRefused() async throws {
        try cluster.apply(ClusterOperatorTests.secrets)
        try cluster.apply(Manifest.plain)
        try cluster.apply(Manifest.server(auth: nil).replacing("name: todo", with: "name: other"))
        try await running { made in
            try await wait {
                made.routes.snapshot.routes.count == 2 && cluster.openWatches("secrets") == 1
                    && cluster.reason("Programmed", of: Self.other) != nil && made.readiness.isReady
            }
            let version = made.routes.snapshot[RouteKey(.todo)]?.version
            let other = cluster.count("PATCH mcpservers team-a/other")
            cluster.endWatches("secrets") { $0.fail("secrets", with: 403) }
            try await wait { cluster.reason("ResolvedRefs") == "SecretAccessDenied" }
            #expect(cluster.status("ResolvedRefs") == "Unknown")
            #expect(made.routes.snapshot[RouteKey(.todo)]?.version == version)
            #expect(made.readiness.isReady)
            #expect(made.readiness.problems.contains { $0.contains("scripted 403") })
            cluster.fail("secrets", with: nil)
            try await wait { cluster.reason("ResolvedRefs") == "ResolvedRefs" }
            try await wait { made.readiness.problems.isEmpty }
            #expect(made.routes.snapshot[RouteKey(.todo)]?.version == version)
            #expect(cluster.count("PATCH mcpservers team-a/other") == other)
        }
    }

    @Test("without the right to watch Secrets they are read one by one, and nothing is called missing that is there")
    func watchAloneRefused() async throws {
        try cluster.apply(ClusterOperatorTests.secrets)
        try cluster.apply(Manifest.plain)
        try await running { made in
            let version = try await settle(made)
            let reads = cluster.count("GET secrets")
            cluster.endWatches("secrets") { $0.fail("WATCH secrets", with: 403) }
            try await wait { cluster.count("GET secrets") > reads + 1 }
            let late = Manifest.plain.replacing("name: todo, ", with: "name: late, ")
                .replacing("clientCredentialsSecretRef: {name: idp}", with: "clientCredentialsSecretRef: {name: new}")
            try cluster.apply(
                ClusterOperatorTests.secrets.replacing("name: idp", with: "name: new").split(separator: "---").first
                    .map(String.init) ?? ""
            )
            try cluster.apply(late)
            let key = ObjectKey(namespace: "team-a", name: "late")
            try await wait { cluster.reason("ResolvedRefs", of: key) != nil }
            #expect(cluster.reason("ResolvedRefs", of: key) == "ResolvedRefs")
            #expect(cluster.reason("ResolvedRefs") == "ResolvedRefs")
            #expect(made.routes.snapshot[RouteKey(.todo)]?.version == version)
            #expect(cluster.count("PATCH mcpservers team-a/todo") == 1)
        }
    }

    // MARK: History

    private static let other = ObjectKey(namespace: "team-a", name: "other")
    private static let count = 20

    private static func name(_ number: Int) -> String { "server-\(number)" }

    /// Settles servers, ends their watch with 410 and lets the relist settle.
    ///
    /// - Returns: How many statuses were written after the 410, but for that of a server that comes last.
    private func writesAfterRelist(meanwhile: (FakeCluster) throws -> Void) async throws -> Int {
        try cluster.apply(ClusterOperatorTests.secrets)
        for number in 0..<Self.count {
            try cluster.apply(Manifest.plain.replacing("name: todo, ", with: "name: \(Self.name(number)), "))
        }
        var writes = 0
        try await running { made in
            try await wait {
                cluster.count("PATCH mcpservers") == Self.count && cluster.openWatches("mcpservers") == 1
            }
            let lists = cluster.count("LIST mcpservers")
            try cluster.endWatches("mcpservers", with: 410, meanwhile: meanwhile)
            try await wait { cluster.openWatches("mcpservers") == 1 }
            #expect(cluster.count("LIST mcpservers") == lists + 1)
            try cluster.apply(Manifest.server(auth: nil).replacing("name: todo", with: "name: last"))
            try await wait { cluster.reason("Programmed", of: ObjectKey(namespace: "team-a", name: "last")) != nil }
            #expect(made.routes.snapshot.routes.count == Self.count + 1)
            writes = cluster.count("PATCH mcpservers") - Self.count - 1
        }
        return writes
    }

    @Test("a relist after 410 that brings the same servers writes nothing")
    func relist() async throws {
        #expect(try await writesAfterRelist { _ in } == 0)
    }

    @Test("a relist that brings changed servers writes each of them, so the case can fail")
    func relistNegativeControl() async throws {
        let writes = try await writesAfterRelist { cluster in
            for number in 0..<Self.count {
                let changed = Manifest.plain.replacing("name: todo, ", with: "name: \(Self.name(number)), ")
                try cluster.apply(changed.replacing("https://todo.example/mcp", with: "https://todo.example/new"))
            }
        }
        #expect(writes == Self.count)
    }

    // MARK: Ends and clocks

    @Test("an operator that is stopped in the middle of its writes loses none and repeats none")
    func stoppedWhileWriting() async throws {
        try cluster.apply(ClusterOperatorTests.secrets)
        for number in 0..<Self.count {
            try cluster.apply(Manifest.plain.replacing("name: todo, ", with: "name: \(Self.name(number)), "))
        }
        try await running(workers: 4) { _ in try await wait { cluster.count("PATCH mcpservers") > 0 } }
        let written = cluster.count("PATCH mcpservers")
        try await running(workers: 4) { made in
            try await wait {
                (0..<Self.count).allSatisfy {
                    cluster.reason("Programmed", of: ObjectKey(namespace: "team-a", name: Self.name($0))) == "NoGateway"
                }
            }
            try await wait { made.routes.snapshot.routes.count == Self.count }
        }
        #expect((1...Self.count).contains(written))
        #expect(cluster.count("PATCH mcpservers") == Self.count)
    }

    @Test(
        "a wall clock that jumps neither writes nor delays anything, and no moment is too strange to be written",
        arguments: [Duration.seconds(2_000_000_000), .seconds(-3_000_000_000), .seconds(400_000_000_000)]
    )
    func wallClockJumps(to moment: Duration) async throws {
        try cluster.apply(ClusterOperatorTests.secrets)
        try cluster.apply(Manifest.plain)
        try await running { made in
            _ = try await settle(made)
            wallClock.withLockedValue { $0 = moment }
            // Seen again, by a change that changes nothing of it.
            try cluster.apply(Manifest.plain)
            try cluster.apply(Manifest.server(auth: nil).replacing("name: todo", with: "name: last"))
            try await wait { cluster.reason("Programmed", of: ObjectKey(namespace: "team-a", name: "last")) != nil }
            #expect(cluster.count("PATCH mcpservers team-a/todo") == 1)
            let events = cluster.count("POST events")
            cluster.delete("secrets", .credentials)
            try await wait {
                cluster.reason("ResolvedRefs") == "SecretNotFound" && cluster.count("POST events") > events
            }
            #expect(made.routes.snapshot[RouteKey(.todo)] == nil)
        }
    }
}
