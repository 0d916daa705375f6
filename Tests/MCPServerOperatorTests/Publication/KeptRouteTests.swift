// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable
import TestSupport
import Testing

@testable import MCPServerOperator

/// Routes that gateways have and the operator, just started, cannot judge.
@Suite("Kept routes", .timeLimit(.minutes(10)))
struct KeptRouteTests {
    private func running(_ cluster: FakeCluster, _ body: (ClusterOperator) async throws -> Void) async throws {
        try await ClusterOperatorTests().running(cluster, body)
    }

    /// A cluster whose one server was programmed before the operator went away.
    private func programmed() async throws -> FakeCluster {
        let cluster = FakeCluster()
        cluster.fail("referencegrants", with: 404)
        try cluster.apply(ClusterOperatorTests.secrets)
        try cluster.apply(Manifest.plain)
        try await running(cluster) { made in
            try #require(await eventually { made.routes.isOpen })
            let entries = made.routes.snapshot.sorted.map {
                GatewayReport.Entry(key: $0.route.key, version: $0.version, outcome: .applied)
            }
            let report = GatewayReport(revision: 1, isFull: true, entries: entries)
            #expect(entries.count == 1 && made.receive(report, from: "gw-1") == .accepted)
            try #require(await eventually { cluster.reason("Programmed") == "Published" })
        }
        return cluster
    }

    /// The lines of a whole table, without the first and the last one.
    private func table(_ made: ClusterOperator) async throws -> [RouteEvent] {
        var reader = made.routes.makeReader()
        var bytes: [UInt8] = []
        while !reader.isSynced, let piece = try await reader.next() { bytes += piece }
        let lines = try bytes.split(separator: UInt8(ascii: "\n")).map {
            try RouteEvent(json: JSONValue(parsing: Array($0)))
        }
        guard case .reset(_, let count) = lines.first else {
            Issue.record("The table does not begin with RESET")
            return []
        }
        #expect(count == lines.count - 2)
        return Array(lines.dropFirst().dropLast())
    }

    @Test("a restart without the right to read Secrets leaves the routes of before where they are, and says so")
    func restart() async throws {
        let cluster = try await programmed()
        cluster.fail("secrets", with: 403)
        try await running(cluster) { made in
            try #require(await eventually { made.routes.isOpen })
            try #require(await eventually { cluster.reason("ResolvedRefs") == "SecretAccessDenied" })
            #expect(try await table(made) == [.keep(RouteKey(.todo))])
            // Gateways serve it as before.
            #expect(cluster.reason("Programmed") == "Published")
        }
    }

    @Test("a server whose spec became invalid meanwhile is not kept")
    func invalid() async throws {
        let cluster = try await programmed()
        cluster.fail("secrets", with: 403)
        try cluster.apply(
            Manifest.plain.replacing("url: https://todo.example/mcp", with: "url: ftp://todo.example/mcp")
        )
        try await running(cluster) { made in
            try #require(await eventually { made.routes.isOpen })
            try #require(await eventually { cluster.reason("Accepted") == "InvalidSpec" })
            #expect(try await table(made).isEmpty)
        }
    }

    @Test("what is kept ends with the server")
    func deleted() async throws {
        let cluster = try await programmed()
        cluster.fail("secrets", with: 403)
        try await running(cluster) { made in
            try #require(await eventually { made.routes.isOpen })
            #expect(made.routes.holds(RouteKey(.todo)))
            let revision = made.routes.snapshot.revision
            cluster.delete("mcpservers", .todo)
            try #require(await eventually { made.routes.snapshot.revision == revision + 1 })
            #expect(try await table(made).isEmpty)
        }
    }

    @Test("a new server that cannot be judged is not called programmed")
    func new() async throws {
        let cluster = FakeCluster()
        cluster.fail("referencegrants", with: 404)
        cluster.fail("secrets", with: 403)
        try cluster.apply(Manifest.plain)
        try await running(cluster) { made in
            try #require(await eventually { cluster.reason("Programmed") == "Withheld" })
            #expect(made.routes.snapshot.count == 0)
        }
    }
}
