// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import NIOConcurrencyHelpers
import RouteTable
import Testing

@testable import MCPServerOperator

/// Replicas of which one at a time may write.
@Suite("Writing replica", .timeLimit(.minutes(10)))
struct LeadershipTests {
    /// Runs an operator that may write when `leads` says so, until `body` returns.
    private func running(
        _ cluster: FakeCluster,
        _ leads: NIOLockedValueBox<Bool>,
        _ body: (ClusterOperator) async throws -> Void
    ) async throws {
        let made = try ClusterOperatorTests.make(cluster, mayWrite: { leads.withLockedValue { $0 } })
        #expect(!made.routes.isOpen)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await made.run() }
            try await body(made)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func wait(until holds: () -> Bool) async throws {
        while !holds() { try await Task.sleep(for: .milliseconds(2)) }
    }

    private func cluster() throws -> FakeCluster {
        let cluster = FakeCluster()
        cluster.fail("referencegrants", with: 404)
        try cluster.apply(Manifest.server(auth: nil))
        try cluster.apply(Manifest.plain.replacing("name: todo", with: "name: other"))
        return cluster
    }

    private func take(_ made: ClusterOperator, isFull: Bool = true) -> ReportVerdict {
        let entries = made.routes.snapshot.sorted.map {
            GatewayReport.Entry(key: $0.route.key, version: $0.version, outcome: .applied)
        }
        return made.receive(GatewayReport(revision: 1, isFull: isFull, entries: entries), from: "gw-1")
    }

    @Test("a replica that does not lead publishes and takes reports in, and writes neither statuses nor events")
    func standsBy() async throws {
        let (cluster, leads) = (try cluster(), NIOLockedValueBox(false))
        try await running(cluster, leads) { made in
            try await wait { made.routes.isOpen }
            #expect(made.routes.snapshot.count == 1)
            #expect(take(made, isFull: false) == .needsFull)
            #expect(take(made) == .accepted)
            try await wait { made.isIdle }
            #expect(cluster.count("PATCH") == 0 && cluster.count("POST") == 0)
            leads.withLockedValue { $0 = true }
            made.leadershipBegan()
            try await wait { cluster.reason("Programmed") == "Published" && cluster.count("POST events") == 2 }
            #expect(cluster.count("PATCH") == 2)
        }
    }

    @Test("a replica that begins to lead writes nothing where the one before it left things as they are")
    func takesOver() async throws {
        let (cluster, leads) = (try cluster(), NIOLockedValueBox(true))
        try await running(cluster, leads) { made in
            try await wait { made.routes.isOpen }
            _ = take(made)
            try await wait { cluster.reason("Programmed") == "Published" && made.isIdle }
        }
        let (writes, events) = (cluster.count("PATCH"), cluster.count("POST"))
        leads.withLockedValue { $0 = false }
        try await running(cluster, leads) { made in
            try await wait { made.routes.isOpen }
            leads.withLockedValue { $0 = true }
            made.leadershipBegan()
            try await wait { made.isIdle }
            _ = take(made)
            try await wait { made.isIdle }
        }
        #expect(cluster.count("PATCH") == writes && cluster.count("POST") == events)
    }

    @Test("a replica that leads no more writes nothing of what it finds out from then on")
    func steppedDown() async throws {
        let (cluster, leads) = (try cluster(), NIOLockedValueBox(true))
        try await running(cluster, leads) { made in
            try await wait { cluster.reason("Programmed") == "NoGateway" && cluster.count("POST events") == 1 }
            try await wait { made.isIdle }
            let writes = cluster.count("PATCH")
            leads.withLockedValue { $0 = false }
            let version = made.routes[RouteKey(.todo)]?.version
            try cluster.apply(Manifest.server(auth: nil, url: "https://todo.example/new"))
            try await wait { made.routes[RouteKey(.todo)]?.version != version && made.isIdle }
            #expect(cluster.count("PATCH") == writes && cluster.count("POST events") == 1)
        }
    }
}
