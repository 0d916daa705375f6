// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import NIOConcurrencyHelpers
import OAuth
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Keeping users connected", .timeLimit(.minutes(10)))
struct ConnectionRefreshTests {
    private static let life = Duration.seconds(600)

    private func grants(_ world: ConnectionWorld) -> Int { world.connections.state.withLockedValue { $0.grantCount } }

    @Test("A token is given out until shortly before its end, then refreshed with the newest refresh token")
    func rotation() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            try await world.connect(alice)
            let first = try await world.outcome(alice)
            world.world.clock.advance(by: .seconds(569))
            #expect(try await world.outcome(alice) == first)
            world.world.clock.advance(by: .seconds(1))
            let second = try await world.outcome(alice)
            #expect(second != first && second.hasPrefix("canary-access"))
            world.world.clock.advance(by: Self.life)
            #expect(try await world.outcome(alice).hasPrefix("canary-access"))
            let sent = world.server.requests.compactMap { $0["refresh_token"] }
            #expect(sent.count == 2 && Set(sent).count == 2)
            #expect(world.server.requests.allSatisfy { $0["resource"] == "https://mcp.example/todo" })
            #expect(world.server.requests.allSatisfy { $0["client_id"] == "https://as.example-client-1" })
        }
    }

    @Test("A refresh is one request, whoever waits for it")
    func singleFlight() async throws {
        try await ConnectionWorld.run { world in
            let sessions = try (0..<30).map { try world.world.session(session: "s\($0)") }
            try await world.connect(sessions[0])
            world.world.clock.advance(by: Self.life)
            world.server.onToken { _, _ in
                for _ in 0..<50 { await Task.yield() }
                return nil
            }
            let tokens = try await withThrowingTaskGroup(of: String.self) { group in
                for session in sessions { group.addTask { try await world.outcome(session) } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(tokens.count == 1)
            #expect(world.server.requests.count == 2)
        }
    }

    @Test("A refresh token that is not good any more ends the grant: the user has to consent again")
    func invalidGrant() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            try await world.connect(alice)
            world.world.clock.advance(by: Self.life)
            world.server.onToken { _, _ in refusing("invalid_grant") }
            #expect(try await world.outcome(alice) == "none")
            #expect(grants(world) == 0)
            #expect(try await world.outcome(alice) == "none")
            #expect(world.server.requests.count == 2)
            #expect(world.world.audit.records.last?.step == .refreshToken)
            #expect(world.world.audit.records.last?.reason == .connectionRequired)
        }
    }

    @Test(
        "A fault of the server leaves the grant, and is not asked about again at once",
        arguments: [
            (503, "temporarily_unavailable", BrokerError.Reason.exchangeUnavailable),
            (400, "invalid_scope", .serverMisconfigured), (403, "access_denied", .policyDenied),
        ]
    )
    func faults(status: Int, error: String, reason: BrokerError.Reason) async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            try await world.connect(alice)
            world.world.clock.advance(by: Self.life)
            world.server.onToken { _, _ in refusing(error, status: status) }
            #expect(try await world.outcome(alice) == reason.rawValue)
            #expect(try await world.outcome(alice) == reason.rawValue)
            #expect(world.server.requests.count == 2)
            world.server.onToken { _, _ in nil }
            world.world.clock.advance(by: .seconds(30))
            #expect(try await world.outcome(alice).hasPrefix("canary-access"))
        }
    }

    @Test("A server says how long it wants to be left alone")
    func retryAfter() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            try await world.connect(alice)
            world.world.clock.advance(by: Self.life)
            world.server.onToken { _, _ in json(503, [:], ["Retry-After": "20"]) }
            #expect(try await world.outcome(alice) == "ExchangeUnavailable")
            world.world.clock.advance(by: .seconds(19))
            let error = try await #require(throws: BrokerError.self) { _ = try await world.token(alice) }
            #expect(error.retryAfter == .seconds(1))
            #expect(world.server.requests.count == 2)
        }
    }

    @Test("A client that the server has forgotten ends the grant, and the next beginning registers anew")
    func forgottenClient() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            try await world.connect(alice)
            world.world.clock.advance(by: Self.life)
            world.server.onToken { form, _ in
                form["client_id"] == "https://as.example-client-1" ? refusing("invalid_client", status: 401) : nil
            }
            #expect(try await world.outcome(alice) == "none")
            try await world.connect(alice)
            #expect(try await world.outcome(alice).hasPrefix("canary-access"))
            #expect(world.server.registrations.count == 2)
        }
        // One that somebody registered is somebody's to mend.
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            try await world.connect(alice, .preregistered())
            world.world.clock.advance(by: Self.life)
            world.server.onToken { _, _ in refusing("invalid_client", status: 401) }
            #expect(try await world.outcome(alice, .preregistered()) == "ServerMisconfigured")
            #expect(grants(world) == 1)
        }
    }

    @Test("A token that its server refuses is replaced once for all who had it; its successor's refusal ends nothing")
    func rejected() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            try await world.connect(alice)
            let first = try #require(try await world.token(alice))
            let replace: @Sendable (BrokeredToken) async throws -> String = { token in
                try await world.connections.rejected(
                    token,
                    for: alice,
                    route: .consenting(),
                    correlationID: "c"
                ).token.exposed
            }
            let replacements = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<10 { group.addTask { try await replace(first) } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(replacements.count == 1 && !replacements.contains(first.token.exposed))
            #expect(world.server.requests.count == 2)
            let second = try #require(try await world.token(alice))
            #expect(
                try await #require(throws: BrokerError.self) { _ = try await replace(second) }.reason
                    == .upstreamRejectedToken
            )
            #expect(try await world.outcome(alice) == "UpstreamRejectedToken")
            #expect(grants(world) == 1)
            #expect(world.server.requests.count == 2)
            world.world.clock.advance(by: ConnectionState.freshness)
            #expect(try await world.outcome(alice).hasPrefix("canary-access"))
            #expect(world.server.requests.count == 3)
        }
    }

    @Test("A token that cannot be refreshed is kept until its end, or until its server refuses it")
    func noRefreshToken() async throws {
        for lifetime in [JSONValue.integer(600), nil] {
            try await ConnectionWorld.run { world in
                world.server.onToken { _, number in
                    var members: JSONObject = ["access_token": .string("canary-\(number)"), "token_type": "Bearer"]
                    members["expires_in"] = lifetime
                    return json(200, members)
                }
                let alice = try world.world.session()
                try await world.connect(alice)
                world.world.clock.advance(by: Self.life)
                let isKept = lifetime == nil
                #expect(try await world.outcome(alice) == (isKept ? "canary-1" : "none"))
                #expect(world.world.metrics.value("connection_grants{}") == (isKept ? 1 : 0))
                guard isKept, let token = try await world.token(alice) else { return }
                world.connections.discard(token, for: alice, route: .consenting())
                #expect(world.world.metrics.value("connection_grants{}") == 0)
                #expect(try await world.outcome(alice) == "none")
            }
        }
    }

    @Test("Who disconnects gets nothing back from a refresh that was under way")
    func disconnect() async throws {
        try await ConnectionWorld.run { world in
            let (alice, bob) = (try world.world.session(), try world.world.session("bob"))
            for user in [alice, bob] { try await world.connect(user) }
            world.world.clock.advance(by: Self.life)
            let gate = Gate()
            world.server.onToken { _, _ in
                await gate.wait()
                return nil
            }
            let task = Task { try await world.outcome(alice) }
            try await until("the refresh is on its way") { world.server.requests.count == 3 }
            world.connections.disconnect(alice, .team("todo"))
            gate.open()
            #expect(try await task.value == "none")
            #expect(grants(world) == 1)
            #expect(world.world.metrics.value("connection_grants{}") == 1)
            #expect(try await world.outcome(bob).hasPrefix("canary-access"))
        }
    }

    @Test("Who consents anew while a refresh is under way gets the new token")
    func consentMeanwhile() async throws {
        for answer in ["granted", "invalid_grant"] {
            try await ConnectionWorld.run { world in
                let alice = try world.world.session()
                try await world.connect(alice)
                world.world.clock.advance(by: Self.life)
                let gate = Gate()
                world.server.onToken { form, _ in
                    guard form["grant_type"] == "refresh_token" else { return nil }
                    await gate.wait()
                    return answer == "granted" ? nil : refusing(answer)
                }
                let task = Task { try await world.outcome(alice) }
                try await until("the refresh is on its way") { world.server.requests.count == 2 }
                try await world.connect(alice)
                let new = try await world.outcome(alice)
                gate.open()
                #expect(try await task.value == new && new.hasPrefix("canary-access"))
                #expect(grants(world) == 1)
            }
        }
    }

    @Test("A request that still has the route from before leaves the grant that came after")
    func routeFromBefore() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            try await world.connect(alice)
            let before = VersionedRoute.consenting { $0.issuer = "https://other.example" }
            #expect(try await world.outcome(alice, before) == "none")
            #expect(!world.connections.isConnected(alice, route: before))
            #expect(try await world.outcome(alice).hasPrefix("canary-access"))
        }
    }

    @Test("A route that is gone, or another server under its name, has no connections")
    func routes() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            try await world.connect(alice)
            world.connections.routeChanged(.team("todo"), to: .consenting(version: "2") { $0.scopes = ["x"] })
            #expect(grants(world) == 1 && world.connections.isConnected(alice, route: .consenting()))
            world.connections.routeChanged(.team("todo"), to: .consenting { $0.issuer = "https://other.example" })
            #expect(grants(world) == 0 && !world.connections.isConnected(alice, route: .consenting()))
            try await world.connect(alice)
            world.connections.routeChanged(.team("todo"), to: nil)
            #expect(try await world.outcome(alice) == "none")
        }
    }

    @Test("Nothing is asked and nothing is given out for a route that this gateway refuses")
    func refusedRoute() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            try await world.connect(alice)
            var route = VersionedRoute.consenting().route
            route.resource = "https://elsewhere.example/"
            let refused = VersionedRoute(route: route, version: "3")
            #expect(try await world.outcome(alice, refused) == "ServerMisconfigured")
            #expect(try await world.refusalToBegin(alice, refused)?.cause == "ResourceMismatch")
            #expect(try await world.refusalToBegin(alice, .todo())?.cause == "mode")
        }
    }

    @Test("No log line, metric, audit record or error holds a code, a token, a state or a secret")
    func canaries() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            var errors: [any Error] = []
            var states: [String] = []
            func begin(_ route: VersionedRoute = .preregistered()) async throws -> String {
                let url = try await world.begin(alice, route)
                states.append(FakeConsentServer.parameters(url)["state"] ?? "")
                return url
            }
            _ = try await world.complete(world.server.consent(to: try await begin()), alice)
            world.world.clock.advance(by: Self.life)
            // A server that says back what it was told.
            let echo: TokenHandler = { form, _ in
                let said = form.parameters.map { "\($0.name) \($0.value)" }.joined(separator: " ")
                return refusing("invalid_request", ["error_description": .string(said)])
            }
            world.server.onToken(echo)
            do { _ = try await world.token(alice, .preregistered()) } catch { errors.append(error) }
            for changes in [
                [("iss", "https://evil.example")], [("error", "x"), ("error_description", "canary-code")], [],
            ] {
                let url = try await begin()
                let query = world.server.consent(to: url, changes.map { ($0.0, Optional($0.1)) })
                do { _ = try await world.complete(query, alice) } catch { errors.append(error) }
                do { _ = try await world.complete(query, alice) } catch { errors.append(error) }
            }
            world.server.onRegistration { _ in refusing("invalid_client_metadata") }
            do { _ = try await begin(.consenting()) } catch { errors.append(error) }
            var seen = world.world.logs.lines + world.world.metrics.allSeries
            seen += world.world.audit.records.map { String(reflecting: $0) }
            let logs = RecordedLogs()
            for record in world.world.audit.records { LogAuditSink(logger: logs.logger()).record(record) }
            seen += logs.lines
            for error in errors {
                seen += ["\(error)", String(reflecting: error), "\(Mirror(reflecting: error).children)"]
            }
            let all = seen.joined(separator: "\n")
            #expect(errors.count == 8 && world.world.audit.records.count >= 9)
            #expect(!all.replacing("canary-code'", with: "").contains("canary"))
            #expect(states.allSatisfy { !$0.isEmpty && !all.contains($0) })
            for form in world.server.requests {
                if let verifier = form["code_verifier"] { #expect(!all.contains(verifier)) }
            }
            // The control: what may be seen is seen.
            #expect(all.contains("as.example") && all.contains("refresh_token") && all.contains("wrong_issuer"))
        }
    }
}
