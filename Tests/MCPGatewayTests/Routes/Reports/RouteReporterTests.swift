// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Route reporter", .timeLimit(.minutes(10)))
struct RouteReporterTests {
    private let world = ReporterWorld()

    /// Waits for a report, letting the clock run in small steps meanwhile.
    private func next(
        _ count: Int,
        of replica: String = "10.0.0.1",
        by step: Duration = .milliseconds(100)
    ) async throws {
        let world = world
        try await until("report \(count) reaches \(replica), which got \(world.texts(replica))") {
            if world.received(replica).count >= count { return true }
            world.clock.advance(by: step)
            return false
        }
    }

    @Test("Nothing is said before there is a table; then everything, under the gateway's name and token")
    func first() async throws {
        try await world.report {
            try await until("the replica is known") { world.metrics.value("route_table_replicas{}") == 1 }
            world.clock.advance(by: .seconds(60))
            #expect(world.received().isEmpty)
            world.swap(.sample("a"), .sample("b", version: "7"))
            try await next(1, by: .zero)
        }
        let received = try #require(world.received().first)
        #expect(received.text == "full a=1 b=7")
        #expect(received.report.revision == 2)
        #expect(received.request.method == .post)
        #expect(received.request.url == "https://replicas.example:9443/v1/gateways/gateway-1/status")
        #expect(received.request.headers["Authorization"] == "Bearer token-1")
        #expect(received.request.headers["Content-Type"] == "application/json")
        #expect(received.request.deadlines.total == .seconds(10))
        #expect(!received.request.mayBeResent)
        guard case .bytes(let bytes) = received.request.body else { return }
        #expect(!String(decoding: bytes, as: UTF8.self).contains(VersionedRoute.canary))
    }

    @Test("A change goes out at once, more of them a second later and together, and silence is filled every 15 s")
    func pace() async throws {
        try await world.report {
            world.swap(.sample("a"))
            try await next(1, by: .zero)
            world.clock.advance(by: .seconds(2))
            world.put("b")
            try await next(2, by: .zero)
            #expect(world.received()[1].time == .seconds(2))
            world.put("c")
            world.put("b", version: "2")
            world.remove("a")
            try await until("the rest is told") {
                world.clock.advance(by: .milliseconds(100))
                let told = world.texts().dropFirst(2).joined(separator: " ")
                return told.contains("b=2") && told.contains("c=1")
            }
        }
        #expect(world.texts().prefix(2) == ["full a=1", "b=1"])
        #expect(world.received()[2].time >= .seconds(3))
        #expect(!world.texts().dropFirst(2).joined().contains("a="))
    }

    @Test("Never more than one report of changes a second, however many changes there are")
    func rate() async throws {
        try await world.report {
            world.swap(.sample("a"))
            try await next(1, by: .zero)
            for number in 0..<200 {
                world.put("r\(number)")
                world.clock.advance(by: .milliseconds(50))
                await Task.yield()
            }
            try await until("all are told") {
                world.clock.advance(by: .milliseconds(50))
                return Set(world.received().flatMap { $0.report.entries.map(\.key) }).count == 201
            }
        }
        // Arrival may lag behind the decision by any number of steps, so what counts is how many there are in all.
        let reports = world.received().count { !$0.report.entries.isEmpty }
        #expect(Int64(reports) <= world.elapsed.components.seconds + 1)
        #expect(reports > 2)
    }

    @Test("An empty report goes out every 15 s")
    func beats() async throws {
        try await world.report {
            world.swap(.sample("a"))
            try await next(1, by: .zero)
            try await next(2, by: .seconds(1))
            try await next(3, by: .seconds(1))
        }
        let received = world.received()
        #expect(received.map(\.text).prefix(3) == ["full a=1", "", ""])
        #expect(received[1].time >= .seconds(15))
        #expect(received[2].time >= .seconds(30))
    }

    @Test("After 409 a replica gets everything at once")
    func conflict() async throws {
        try await world.report {
            world.swap(.sample("a"))
            try await next(1, by: .zero)
            try await untilDelivered()
            world.answer(IncomingResponse(status: 409))
            world.clock.advance(by: .seconds(1))
            world.put("b")
            try await next(3, by: .zero)
        }
        #expect(world.texts().prefix(3) == ["full a=1", "b=1", "full a=1 b=1"])
        #expect(world.metrics.value("route_table_reports_total{result=conflict}") == 1)
    }

    /// Returns once the first report's answer has been taken in: what changes before then is told together with it.
    private func untilDelivered() async throws {
        try await until("the answer has arrived") {
            world.metrics.value("route_table_reports_total{result=accepted}") == 1
        }
    }

    @Test("After an error everything is told again, once the pause is over", arguments: [500, 401, 403, 503, 0])
    func error(status: Int) async throws {
        try await world.report {
            world.swap(.sample("a"))
            try await next(1, by: .zero)
            try await untilDelivered()
            if status > 0 { world.answer(IncomingResponse(status: status)) } else { world.breakReplica("10.0.0.1") }
            world.clock.advance(by: .seconds(1))
            world.put("b")
            try await next(2, by: .zero)
            world.breakReplica("10.0.0.1", false)
            try await until("the failure is noticed") { world.log.contains("Could not tell a replica") }
            try await next(3)
            try await until("the recovery is noticed") { world.log.contains("told again") }
        }
        let received = world.received()
        #expect(received.map(\.text).prefix(3) == ["full a=1", "b=1", "full a=1 b=1"])
        #expect(received[2].time - received[1].time >= .seconds(1))
        #expect(!world.log.contains("token-1"))
    }

    @Test("A replica that hangs or fails holds no other back")
    func independent() async throws {
        world.resolve(to: .success(["10.0.0.1", "10.0.0.2", "fd00::3"]))
        world.hang("10.0.0.1")
        world.breakReplica("10.0.0.2")
        try await world.report {
            world.swap(.sample("a"))
            try await next(1, of: "10.0.0.1", by: .zero)
            try await next(1, of: "10.0.0.2", by: .zero)
            try await next(1, of: "fd00::3", by: .zero)
            world.clock.advance(by: .seconds(1))
            world.put("b")
            try await next(2, of: "fd00::3", by: .zero)
        }
        #expect(world.texts("10.0.0.1") == ["full a=1"])
        #expect(world.texts("fd00::3").prefix(2) == ["full a=1", "b=1"])
    }

    @Test("Replicas that come are told everything, those that went nothing, and a failing resolver changes nothing")
    func membership() async throws {
        try await world.report {
            world.swap(.sample("a"))
            try await next(1, by: .zero)
            world.resolve(to: .success(["10.0.0.2", "10.0.0.1"]))
            try await next(1, of: "10.0.0.2", by: .seconds(1))
            world.resolve(to: .failure(HTTPTransportError(.nameResolution, "The name servers are away.")))
            try await until("the failure is noticed") {
                world.clock.advance(by: .seconds(1))
                return world.log.contains("name servers")
            }
            #expect(world.metrics.value("route_table_replicas{}") == 2)
            world.resolve(to: .success(["10.0.0.2"]))
            try await until("one is gone") {
                world.clock.advance(by: .seconds(1))
                return world.metrics.value("route_table_replicas{}") == 1
            }
            let before = world.received("10.0.0.2").count
            let told = world.received("10.0.0.1").count
            try await next(before + 3, of: "10.0.0.2", by: .seconds(1))
            // One may have been on its way when the replica went.
            #expect(world.received("10.0.0.1").count <= told + 1)
        }
        #expect(world.texts("10.0.0.2").first == "full a=1")
    }

    @Test("A name that does not resolve yet is asked for again after a second")
    func unresolved() async throws {
        world.resolve(to: .failure(HTTPTransportError(.nameResolution, "No such name.")))
        try await world.report {
            world.swap(.sample("a"))
            try await until("the failure is noticed") { world.log.contains("No such name") }
            world.resolve(to: .success(["10.0.0.1"]))
            try await next(1)
        }
        #expect(world.received().first?.text == "full a=1")
    }

    @Test("Listed replicas are reached by their own URLs, whatever a resolver would say")
    func listed() async throws {
        let first = try HTTPURL("https://one.example")
        let second = try HTTPURL("https://two.example/base/")
        try await world.report(to: .listed([first, second])) {
            world.swap(.sample("a"))
            try await next(1, of: "one.example", by: .zero)
            try await next(1, of: "two.example", by: .zero)
        }
        #expect(
            world.received("two.example").first?.request.url
                == "https://two.example/base/v1/gateways/gateway-1/status"
        )
    }

    struct Judge: RouteJudge {
        func judge(_ route: VersionedRoute) -> GatewayReport.Outcome {
            route.route.key.name == "b"
                ? .rejected(reason: "IssuerNotTrusted", message: "Add the issuer to 'identityProviders'.") : .applied
        }
    }

    @Test("A route that the gateway does not permit is reported with its reason, and logged")
    func rejected() async throws {
        try await world.report(judge: Judge()) {
            world.swap(.sample("a"), .sample("b"))
            try await next(1, by: .zero)
        }
        let entries = try #require(world.received().first?.report.entries)
        #expect(entries.map(\.outcome).first == .applied)
        #expect(
            entries.map(\.outcome).last
                == .rejected(reason: "IssuerNotTrusted", message: "Add the issuer to 'identityProviders'.")
        )
        #expect(world.log.contains("IssuerNotTrusted"))
    }

    @Test("A new connection with the same table is no reason to say anything")
    func sameTable() async throws {
        try await world.report {
            world.swap(.sample("a"))
            try await next(1, by: .zero)
            world.routes.stopFollowing("It broke.")
            world.routes.replace(with: world.routes.snapshot)
            try await next(2, by: .seconds(1))
        }
        #expect(world.texts().prefix(2) == ["full a=1", ""])
    }
}
