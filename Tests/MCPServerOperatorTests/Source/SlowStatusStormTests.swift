// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import RouteTable
import TestSupport
import Testing

@testable import MCPServerOperator

/// The whole operator with 1,000 servers against an API server in memory, on a clock that only the test moves.
///
/// What counts is the number of status patches. Each test has its control, in which something is really wrong, so
/// that a count of nothing means that there was nothing to write.
@Suite("Status writes with 1,000 servers", .timeLimit(.minutes(15)), .serialized)
struct SlowStatusStormTests {
    static let servers = 1_000

    /// A cluster of programmed servers, and the operator that has got them there.
    private struct Scene {
        let cluster = FakeCluster()
        let clock = ManualClock()

        init() throws {
            cluster.fail("referencegrants", with: 404)
            for index in 0..<SlowStatusStormTests.servers { try cluster.apply(Self.manifest("server-\(index)")) }
        }

        static func manifest(_ name: String, path: String = "mcp") -> String {
            """
            apiVersion: mcp.giantswarm.io/v1alpha1
            kind: MCPServer
            metadata: {name: \(name), namespace: team-a}
            spec: {type: streamable-http, url: "https://\(name).example/\(path)"}
            """
        }

        var writes: Int { cluster.count("PATCH mcpservers") }

        /// Runs an operator until `body` returns; every reconcile that was begun has ended then.
        ///
        /// Some of the clock's time goes by before `body` begins.
        func operate(_ body: (ClusterOperator) async throws -> Void) async throws {
            let made = try ClusterOperatorTests.make(cluster, clock: clock)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await made.run() }
                try await wait {
                    // What is looked for at the start is looked for every 20 ms; more than a few seconds must not pass.
                    clock.advance(by: .milliseconds(1))
                    return made.routes.isOpen && made.routes.snapshot.count >= SlowStatusStormTests.servers
                }
                try await settle(made)
                try await body(made)
                group.cancelAll()
                try await group.waitForAll()
            }
        }

        /// The gateway holds everything that is published.
        func catchUp(_ made: ClusterOperator, _ gateway: String, isFull: Bool = true) {
            let entries = made.routes.snapshot.sorted.map {
                GatewayReport.Entry(key: $0.route.key, version: $0.version, outcome: .applied)
            }
            _ = made.receive(GatewayReport(revision: 1, isFull: isFull, entries: entries), from: gateway)
        }

        func report(_ made: ClusterOperator, _ gateway: String, isFull: Bool = false) {
            _ = made.receive(GatewayReport(revision: 1, isFull: isFull, entries: []), from: gateway)
        }

        /// Lets time pass while these gateways report every 15 s at the latest.
        func pass(_ duration: Duration, _ made: ClusterOperator, alive gateways: [String]) async throws {
            var left = duration
            while left > .zero {
                clock.advance(by: min(left, .seconds(15)))
                left -= min(left, .seconds(15))
                for gateway in gateways { report(made, gateway) }
                try await settle(made)
            }
        }

        /// Returns once everything that was to be looked at has been, and nothing has come of it.
        func settle(_ made: ClusterOperator) async throws {
            var idle = 0
            try await wait {
                idle = made.isIdle ? idle + 1 : 0
                return idle == 5
            }
        }

        func wait(until holds: () -> Bool) async throws {
            while !holds() { try await Task.sleep(for: .milliseconds(5)) }
        }

        /// Two gateways take over all there is.
        func program() async throws {
            try await operate { made in
                for gateway in ["gw-1", "gw-2"] { catchUp(made, gateway) }
                try await wait { count("Published") == SlowStatusStormTests.servers }
            }
        }

        /// Two gateways have taken over all there is, long after the operator has begun.
        func resume(_ made: ClusterOperator) async throws {
            for gateway in ["gw-1", "gw-2"] { catchUp(made, gateway) }
            try await pass(.seconds(60), made, alive: ["gw-1", "gw-2"])
        }

        /// How many servers say this of `Programmed`.
        func count(_ reason: String) -> Int { cluster.tally("Programmed")[reason] ?? 0 }
    }

    @Test("the operator is restarted and its gateways come back: nothing; they do not come back: once each, after 45 s")
    func restart() async throws {
        let scene = try Scene()
        try await scene.program()
        let before = scene.writes
        try await scene.operate { made in
            try await scene.pass(.seconds(5), made, alive: [])
            scene.catchUp(made, "gw-1")
            scene.report(made, "gw-2", isFull: true)
            try await scene.pass(.seconds(10), made, alive: ["gw-1", "gw-2"])
            scene.catchUp(made, "gw-2", isFull: false)
            try await scene.pass(.seconds(60), made, alive: ["gw-1", "gw-2"])
        }
        #expect(scene.writes == before)
        let started = scene.clock.now
        try await scene.operate { made in
            try await scene.pass(.seconds(44) - started.duration(to: scene.clock.now), made, alive: [])
            #expect(scene.writes == before)
            try await scene.pass(.seconds(20), made, alive: [])
            try await scene.wait { scene.count("NoGateway") == Self.servers }
            try await scene.pass(.seconds(60), made, alive: [])
        }
        #expect(scene.writes == before + Self.servers)
    }

    @Test(
        "a gateway joins in time and leaves: nothing; it takes 2 s: once each, and once when done; the last one leaves: once each"
    )
    func joinsAndLeaves() async throws {
        let scene = try Scene()
        try await scene.program()
        try await scene.operate { made in
            try await scene.resume(made)
            let before = scene.writes
            scene.report(made, "gw-3", isFull: true)
            try await scene.pass(.milliseconds(1_900), made, alive: ["gw-1", "gw-2"])
            scene.catchUp(made, "gw-3", isFull: false)
            try await scene.pass(.seconds(20), made, alive: ["gw-1", "gw-2", "gw-3"])
            #expect(scene.writes == before)
            try await scene.pass(.seconds(60), made, alive: ["gw-1", "gw-2"])
            #expect(scene.writes == before)

            scene.report(made, "gw-4", isFull: true)
            try await scene.pass(.seconds(2), made, alive: ["gw-1", "gw-2"])
            try await scene.wait { scene.count("GatewayLagging") == Self.servers }
            #expect(scene.writes == before + Self.servers)
            scene.catchUp(made, "gw-4", isFull: false)
            try await scene.wait { scene.count("Published") == Self.servers }
            try await scene.settle(made)
            #expect(scene.writes == before + 2 * Self.servers)

            try await scene.pass(.seconds(44), made, alive: [])
            #expect(scene.writes == before + 2 * Self.servers)
            try await scene.pass(.seconds(15), made, alive: [])
            try await scene.wait { scene.count("NoGateway") == Self.servers }
            #expect(scene.writes == before + 3 * Self.servers)
        }
    }

    @Test("an edit is one patch, and only of the server that was edited")
    func edits() async throws {
        let scene = try Scene()
        try await scene.program()
        try await scene.operate { made in
            try await scene.resume(made)
            for edit in 1...5 {
                let before = scene.writes
                let key = RouteKey(namespace: "team-a", name: "server-\(edit)")
                let version = made.routes[key]?.version
                try scene.cluster.apply(Scene.manifest(key.name, path: "edit-\(edit)"))
                try await scene.wait { made.routes[key]?.version != version }
                scene.catchUp(made, "gw-1", isFull: false)
                try await scene.pass(.milliseconds(500), made, alive: [])
                #expect(scene.writes == before)
                scene.catchUp(made, "gw-2", isFull: false)
                try await scene.wait { scene.writes == before + 1 }
                try await scene.pass(.seconds(5), made, alive: ["gw-1", "gw-2"])
                #expect(scene.writes == before + 1)
            }
        }
    }
}
