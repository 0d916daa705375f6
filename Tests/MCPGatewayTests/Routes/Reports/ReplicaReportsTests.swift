// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import RouteTable
import Testing

@testable import MCPGateway

@Suite("Reports to one replica")
struct ReplicaReportsTests {
    private static func entries(_ versions: [String: String]) -> [RouteKey: GatewayReport.Entry] {
        Dictionary(
            uniqueKeysWithValues: versions.map {
                (.team($0.key), GatewayReport.Entry(key: .team($0.key), version: $0.value, outcome: .applied))
            }
        )
    }

    /// The reports by reference, so that expectations can call what changes them.
    final class Reports {
        private var value = ReplicaReports()

        var size: Int { value.size }
        func changed(_ keys: Set<RouteKey>, in entries: [RouteKey: GatewayReport.Entry]) {
            value.changed(keys, in: entries)
        }
        func changedEverything(to entries: [RouteKey: GatewayReport.Entry]) { value.changedEverything(to: entries) }
        func step(at now: Duration) -> ReplicaReports.Step { value.step(at: now) }
        func delivered(_ entries: [GatewayReport.Entry], of contents: ReplicaReports.Contents) {
            value.delivered(entries, of: contents)
        }
        func forgotten(after contents: ReplicaReports.Contents) -> Bool { value.forgotten(after: contents) }
        func failed(pause: Duration, at now: Duration) -> Bool { value.failed(pause: pause, at: now) }
    }

    /// A replica that was told everything at time 0.
    private static func told(_ versions: [String: String]) -> Reports {
        let reports = Reports()
        #expect(reports.step(at: .zero) == .send(.everything))
        reports.delivered(Array(entries(versions).values), of: .everything)
        return reports
    }

    @Test("The first report is everything; an empty one follows every 15 s")
    func beats() {
        let reports = Self.told(["a": "1"])
        #expect(reports.step(at: .seconds(1)) == .wait(.seconds(14)))
        for beat in 1...3 {
            #expect(reports.step(at: .seconds(15 * beat)) == .send(.nothing))
            reports.delivered([], of: .nothing)
            #expect(reports.step(at: .seconds(15 * beat)) == .wait(.seconds(15)))
        }
    }

    @Test("What is found to be different while a report of it is on its way is not told twice, and what changed is")
    func onItsWay() {
        let reports = Reports()
        let now = Self.entries(["a": "1", "b": "2", "c": "1"])
        #expect(reports.step(at: .zero) == .send(.everything))
        reports.changedEverything(to: now)
        reports.changed([.team("c")], in: now)
        reports.delivered(Array(Self.entries(["a": "1", "b": "1", "c": "1"]).values), of: .everything)
        #expect(reports.step(at: .seconds(1)) == .send(.changes([.team("b"), .team("c")])))
        reports.changedEverything(to: now)
        reports.delivered(Array(Self.entries(["b": "2", "c": "1"]).values), of: .changes([.team("b"), .team("c")]))
        #expect(reports.step(at: .seconds(2)) == .wait(.seconds(14)))
    }

    @Test("The first change goes out at once, later ones together a second after it")
    func changes() {
        let reports = Self.told(["a": "1"])
        var now = Self.entries(["a": "2", "b": "1"])
        reports.changed([.team("a")], in: now)
        #expect(reports.step(at: .seconds(5)) == .send(.changes([.team("a")])))
        reports.delivered([], of: .changes([.team("a")]))
        reports.changed([.team("b")], in: now)
        #expect(reports.step(at: .milliseconds(5_100)) == .wait(.milliseconds(900)))
        now = Self.entries(["a": "3", "b": "1"])
        reports.changed([.team("a")], in: now)
        #expect(reports.step(at: .milliseconds(5_999)) == .wait(.milliseconds(1)))
        #expect(reports.step(at: .seconds(6)) == .send(.changes([.team("a"), .team("b")])))
        // A beat holds no change back.
        #expect(reports.step(at: .seconds(21)) == .send(.nothing))
        reports.changed([.team("b")], in: now)
        #expect(reports.step(at: .seconds(21)) == .send(.changes([.team("b")])))
    }

    @Test("A route that comes back as it was is told again, one that went is not")
    func returning() {
        let reports = Self.told(["a": "1", "b": "1"])
        reports.changed([.team("a")], in: Self.entries(["b": "1"]))
        #expect(reports.step(at: .seconds(2)) == .wait(.seconds(13)))
        reports.changed([.team("a")], in: Self.entries(["a": "1", "b": "1"]))
        #expect(reports.step(at: .seconds(2)) == .send(.changes([.team("a")])))
    }

    @Test("A whole new table is told only where it differs from what the replica knows")
    func newTable() {
        let reports = Self.told(["a": "1", "b": "1", "c": "1"])
        reports.changedEverything(to: Self.entries(["a": "1", "b": "2", "d": "1"]))
        #expect(reports.step(at: .seconds(2)) == .send(.changes([.team("b"), .team("d")])))
        #expect(reports.size == 2)
    }

    @Test("After 409 everything is told at once; 409 to that is a failure")
    func conflict() {
        let reports = Self.told(["a": "1"])
        #expect(reports.step(at: .seconds(15)) == .send(.nothing))
        #expect(reports.forgotten(after: .nothing))
        #expect(reports.step(at: .seconds(15)) == .send(.everything))
        #expect(!reports.forgotten(after: .everything))
    }

    @Test("After an error everything is told, once the pause is over, and only the first error is news")
    func errors() {
        let reports = Self.told(["a": "1"])
        #expect(reports.step(at: .seconds(15)) == .send(.nothing))
        #expect(reports.failed(pause: .seconds(4), at: .seconds(16)))
        reports.changed([.team("a")], in: Self.entries(["a": "2"]))
        #expect(reports.step(at: .seconds(17)) == .wait(.seconds(3)))
        #expect(reports.step(at: .seconds(20)) == .send(.everything))
        #expect(!reports.failed(pause: .seconds(8), at: .seconds(20)))
        #expect(reports.step(at: .seconds(28)) == .send(.everything))
        reports.delivered(Array(Self.entries(["a": "2"]).values), of: .everything)
        #expect(reports.step(at: .seconds(43)) == .send(.nothing))
        #expect(reports.failed(pause: .seconds(1), at: .seconds(43)))
    }

    @Test("Any number of changes keeps no more than the table has")
    func bounded() {
        let reports = Self.told(["a": "1"])
        for number in 0..<1_000 {
            let name = "r\(number)"
            reports.changed([.team(name)], in: Self.entries([name: "1"]))
            reports.changed([.team(name)], in: [:])
        }
        #expect(reports.size <= 1)
    }
}

@Suite("Replicas of the operator")
struct RouteReplicasTests {
    @Test(
        "Without configuration the headless Service takes the place of the URL's first label",
        arguments: [
            (
                "https://sallyport-operator.sallyport-system.svc:9443",
                "https://sallyport-operator-replicas.sallyport-system.svc:9443/"
            ),
            ("https://operator.example/base", "https://sallyport-operator-replicas.example/base"),
            ("http://127.0.0.1:9443", "http://127.0.0.1:9443/"), ("http://[::1]:9443", "http://[::1]:9443/"),
            ("http://localhost:9443", "http://localhost:9443/"),
        ]
    )
    func besides(url: String, expected: String) throws {
        guard case .resolved(let found) = RouteReplicas(configured: [], url: try HTTPURL(url)) else {
            Issue.record("The replicas are listed")
            return
        }
        #expect(found.text == expected)
    }

    @Test("One configured URL is resolved, several are taken as they are")
    func configured() throws {
        let first = try HTTPURL("https://a.example:1")
        let second = try HTTPURL("https://b.example:2")
        #expect(RouteReplicas(configured: [first], url: second) == .resolved(first))
        #expect(RouteReplicas(configured: [first, second], url: second) == .listed([first, second]))
    }
}
