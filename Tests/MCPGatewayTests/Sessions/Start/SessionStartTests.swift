// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import NIOConcurrencyHelpers
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Session start")
struct SessionStartTests {
    /// The state of each server as `GET /servers` tells it, with its reason.
    private func listing(_ world: GatewayWorld, as user: String = "alice") async throws -> [String: String] {
        let answer = try await world.send("GET", "/servers", as: user)
        let servers = try JSONValue(parsing: Array(try await GatewayWorld.text(answer).utf8))["servers"]?.arrayValue
        return Dictionary(
            uniqueKeysWithValues: (servers ?? []).map { server in
                let reason = server["reason"]?.stringValue ?? ""
                return (
                    server["name"]?.stringValue ?? "",
                    (server["state"]?.stringValue ?? "") + (reason.isEmpty ? "" : " \(reason)")
                )
            }
        )
    }

    private func until(
        _ world: GatewayWorld,
        as user: String = "alice",
        _ expected: [String: String]
    ) async throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(120))
        while true {
            let seen = try await listing(world, as: user)
            if seen == expected { return }
            try #require(ContinuousClock.now < deadline, "'\(seen)' did not become '\(expected)'")
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    @Test("All servers are connected side by side at the first request, two calls each")
    func sideBySide() async throws {
        let names = (0..<100).map { "s\($0)" }
        let gate = Gate()
        try await GatewayWorld.run(
            routes: names.map { .todo($0) },
            sessions: SessionStartSettings(),
            settings: BrokerSettings(perProviderConcurrency: 100),
            server: GatewayWorld.content
        ) { world in
            world.world.provider.onExchange { _, _ in
                await gate.wait()
                return nil
            }
            try await until(world, Dictionary(uniqueKeysWithValues: names.map { ($0, "connecting") }))
            try await MCPGatewayTests.until("all are under way") { world.world.legs.exchanges == 100 }
            gate.open()
            try await until(world, Dictionary(uniqueKeysWithValues: names.map { ($0, "connected") }))
            #expect(world.world.legs == (100, 100))
            // A server counts as connected once its token is there, and whoever obtained it learns of that a little later.
            try await MCPGatewayTests.until("all are counted") {
                world.world.metrics.value("session_start_connections_total{outcome=connected}") == 100
            }
        }
    }

    @Test("One server that hangs keeps nobody waiting, and fails by itself when its time is over")
    func hanging() async throws {
        let gate = Gate()
        try await GatewayWorld.run(
            routes: [.todo("good"), .todo("hangs") { $0.scopes = ["hang"] }],
            sessions: SessionStartSettings(),
            server: GatewayWorld.content
        ) { world in
            defer { gate.open() }
            world.world.provider.onExchange { form, _ in
                if form["scope"] == "hang" { await gate.wait() }
                return nil
            }
            try await until(world, ["good": "connected", "hangs": "connecting"])
            // Its time counts from before it asks.
            try await MCPGatewayTests.until("it hangs") { world.world.legs.exchanges == 2 }
            world.world.clock.advance(by: .seconds(5))
            try await until(world, ["good": "connected", "hangs": "failed ExchangeUnavailable"])
        }
    }

    @Test("Failures are kept with word and text; those that may pass are tried again, others when the caller asks")
    func failures() async throws {
        try await GatewayWorld.run(
            routes: [.todo("denied") { $0.scopes = ["no"] }, .todo("down") { $0.scopes = ["down"] }],
            sessions: SessionStartSettings(),
            server: GatewayWorld.content
        ) { world in
            let provider = world.world.provider
            let isDown = NIOLockedValueBox(true)
            provider.onExchange { form, _ in
                if form["scope"] == "no" { return refusing("access_denied") }
                return isDown.withLockedValue { $0 } ? refusing("server_error") : nil
            }
            try await until(world, ["denied": "failed PolicyDenied", "down": "failed ExchangeUnavailable"])
            let answer = try await world.send("GET", "/servers")
            #expect(try await GatewayWorld.text(answer).contains("Ask its administrator for access."))
            isDown.withLockedValue { $0 = false }
            world.world.clock.advance(by: .seconds(12))
            // What the policy said is shown for longer than it is believed.
            try await until(world, ["denied": "failed PolicyDenied", "down": "connected"])
            let exchanges = world.world.legs.exchanges
            provider.onExchange { _, _ in nil }
            #expect(try await world.send("POST", "/servers/team/denied/retry").status == 204)
            try await until(world, ["denied": "connected", "down": "connected"])
            #expect(world.world.legs.exchanges == exchanges + 1)
        }
    }

    @Test("A session starts once, and another session of the user starts by itself")
    func once() async throws {
        try await GatewayWorld.run(sessions: SessionStartSettings(), server: GatewayWorld.content) { world in
            for _ in 0..<5 { try await until(world, ["todo": "connected"]) }
            #expect(world.world.legs == (1, 1))
            try await until(world, as: "bob", ["todo": "connected"])
            #expect(world.world.legs == (2, 2))
        }
    }

    @Test("Only what the user has used before is connected, if it is so configured")
    func recent() async throws {
        try await GatewayWorld.run(
            routes: [.todo("used"), .todo("other")],
            sessions: SessionStartSettings(servers: .recent),
            server: GatewayWorld.content
        ) { world in
            #expect(try await world.send("POST", "/servers/team/used/mcp").status == 200)
            let second = try world.world.provider.idToken("alice", session: "s2")
            #expect(try await world.send("GET", "/servers", token: second).status == 200)
            try await MCPGatewayTests.until("it is connected") { world.world.legs == (2, 2) }
            #expect(world.world.authServer.redemptions.count == 2)
        }
    }

    @Test("Only so many sessions start at once, and the others follow")
    func bounded() async throws {
        let gate = Gate()
        try await GatewayWorld.run(
            sessions: SessionStartSettings(jobs: 2),
            server: GatewayWorld.content
        ) { world in
            defer { gate.open() }
            world.world.provider.onExchange { _, _ in
                await gate.wait()
                return nil
            }
            let users = ["a", "b", "c", "d"]
            for user in users { _ = try await listing(world, as: user) }
            try await MCPGatewayTests.until("two are under way") { world.world.legs.exchanges == 2 }
            for _ in 0..<50 { await Task.yield() }
            #expect(world.world.legs.exchanges == 2)
            gate.open()
            for user in users { try await until(world, as: user, ["todo": "connected"]) }
            #expect(world.world.legs == (4, 4))
        }
    }

    @Test("Nothing is connected ahead if it is so configured")
    func none() async throws {
        try await GatewayWorld.run(
            sessions: SessionStartSettings(servers: .none),
            server: GatewayWorld.content
        ) { world in
            #expect(try await listing(world) == ["todo": "available"])
            _ = try await world.send("POST", "/servers/team/todo/retry")
            #expect(try await listing(world) == ["todo": "available"])
        }
    }

    @Test("Servers of another provider's users, and those that want consent or nothing, are left alone")
    func filter() async throws {
        let foreign = VersionedRoute.todo("foreign") { $0.idpIssuer = "https://second.example" }
        try await GatewayWorld.run(
            routes: [.todo("own"), foreign, .plain("open", .none)],
            sessions: SessionStartSettings(),
            server: GatewayWorld.content
        ) { world in
            try await until(world, ["own": "connected", "open": "connected"])
            #expect(world.world.legs == (1, 1))
        }
    }

    @Test("A session that had to go is not connected any further")
    func displacedStart() async throws {
        let gate = Gate()
        try await GatewayWorld.run(
            routes: [.todo("a"), .todo("b")],
            sessions: SessionStartSettings(perUser: 1, sessionsPerUser: 1),
            server: GatewayWorld.content
        ) { world in
            defer { gate.open() }
            world.world.provider.onExchange { _, number in
                if number == 1 { await gate.wait() }
                return nil
            }
            let first = try world.world.provider.idToken("alice", session: "s1")
            let second = try world.world.provider.idToken("alice", session: "s2")
            _ = try await world.send("GET", "/servers", token: first)
            try await MCPGatewayTests.until("one is under way") { world.world.legs.exchanges == 1 }
            _ = try await world.send("GET", "/servers", token: second)
            try await MCPGatewayTests.until("the second is connected") { world.world.legs.redemptions == 2 }
            gate.open()
            try await MCPGatewayTests.until("the first one's is over") { world.world.legs.redemptions == 3 }
            for _ in 0..<200 { await Task.yield() }
            #expect(world.world.legs == (3, 3))
            #expect(world.world.broker.state.withLockedValue { $0.tokens.count } == 2)
        }
    }

    @Test("A session too many of one user takes the oldest one's tokens with it")
    func displaced() async throws {
        try await GatewayWorld.run(
            sessions: SessionStartSettings(servers: .none, sessionsPerUser: 1),
            server: GatewayWorld.content
        ) { world in
            let first = try world.world.provider.idToken("alice", session: "s1")
            let second = try world.world.provider.idToken("alice", session: "s2")
            for token in [first, second, first] {
                #expect(try await world.send("POST", GatewayWorld.todo, token: token).status == 200)
            }
            #expect(world.world.legs == (3, 3))
        }
    }
}
