// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import MCPServerAPI
import RouteTable
import TestSupport
import Testing
import Timing

@testable import MCPServerOperator

@Suite("Status handover", .timeLimit(.minutes(10)))
struct StatusHandoverTests {
    private struct Failure: Error {}

    private let queue = WorkQueue<ObjectKey>(name: "test", clock: ManualClock())
    private let handover: StatusHandover

    init() { handover = StatusHandover(queue: queue) }

    private func finding(_ generation: Int64) -> ServerFinding {
        ServerFinding(
            uid: "uid",
            generation: generation,
            isSuspended: false,
            accepted: ConditionState(.accepted, ""),
            resolvedRefs: ConditionState(.resolvedRefs, ""),
            sharesClient: false
        )
    }

    private func taken() async throws -> Int64? { try await handover.take(.todo) { $0?.generation ?? 0 } }

    @Test("the newest finding is taken, once, and each one left has the key looked at")
    func newest() async throws {
        handover.leave(finding(1), for: .todo, priority: .low)
        handover.leave(finding(2), for: .todo, priority: .normal)
        #expect(queue.depth == 1)
        #expect(try await taken() == 2)
        #expect(try await taken() == nil)
    }

    @Test("a finding that could not be written stays for the next try")
    func failure() async throws {
        handover.leave(finding(1), for: .todo, priority: .normal)
        await #expect(throws: Failure.self) { try await handover.take(.todo) { _ in throw Failure() } }
        #expect(try await taken() == 1)
    }

    @Test("a finding that comes while an older one is written is not lost with it")
    func meanwhile() async throws {
        handover.leave(finding(1), for: .todo, priority: .normal)
        let written = try await handover.take(.todo) { finding in
            handover.leave(self.finding(2), for: .todo, priority: .normal)
            return finding?.generation
        }
        #expect(written == 1)
        #expect(try await taken() == 2)
    }

    @Test("that a server is gone replaces what was found about it")
    func gone() async throws {
        handover.leave(finding(1), for: .todo, priority: .normal)
        handover.leave(nil, for: .todo, priority: .normal)
        #expect(try await taken() == 0)
    }

    @Test("routes are published while no status can be written, and statuses follow")
    func slowServer() async throws {
        let (cluster, answering) = (FakeCluster(), Latch())
        cluster.fail("referencegrants", with: 404)
        cluster.hold("PATCH mcpservers", until: answering)
        let names = (1...20).map { "server-\($0)" }
        for name in names {
            try cluster.apply(Manifest.server(auth: nil).replacing("name: todo", with: "name: \(name)"))
        }
        try await ClusterOperatorTests().running(cluster) { made in
            try #require(await eventually { made.routes.snapshot.count == names.count && made.routes.isOpen })
            #expect(cluster.tally("Accepted").isEmpty)
            // An edit overtakes what waits.
            let key = RouteKey(ObjectKey(namespace: "team-a", name: "server-20"))
            let version = made.routes[key]?.version
            try cluster.apply(
                Manifest.server(auth: nil).replacing("name: todo", with: "name: server-20")
                    .replacing("todo.example", with: "edited.example")
            )
            try #require(await eventually { made.routes[key]?.version != version })
            answering.open()
            try #require(await eventually { cluster.tally("Accepted") == ["Accepted": names.count] && made.isIdle })
        }
        let writes = Dictionary(grouping: cluster.requests.filter { $0.hasPrefix("PATCH mcpservers") }) { $0 }
        // The one that was edited may have been written before and after.
        #expect(writes.filter { $0.value.count > 1 }.keys.allSatisfy { $0.hasSuffix("server-20") })
        #expect(writes.values.allSatisfy { $0.count <= 2 }, "\(writes.mapValues(\.count))")
    }
}
