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

@Suite("Token broker")
struct TokenBrokerTests {
    @Test("G01: many calls of one user take one token exchange and one redemption, and both carry what they must")
    func happyPath() async throws {
        try await withWorld { world in
            let session = try world.session()
            var tokens: Set<String> = []
            for _ in 0..<20 { tokens.insert(try await world.token(session).token.exposed) }
            #expect(tokens == ["canary-access-alice-1"])
            #expect(world.legs == (1, 1))
            let exchange = try #require(world.provider.exchanges.first)
            #expect(exchange["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange")
            #expect(exchange["requested_token_type"] == "urn:ietf:params:oauth:token-type:id-jag")
            #expect(exchange["audience"] == FakeAuthServer.issuer)
            #expect(exchange["resource"] == "https://mcp.example/todo")
            #expect(exchange["scope"] == "read")
            #expect(exchange["subject_token"] == session.idToken.exposed)
            #expect(exchange["subject_token_type"] == "urn:ietf:params:oauth:token-type:id_token")
            // base64 of 'sallyport:canary-gateway-secret-5555': leg 1 authenticates as the client users sign in with.
            #expect(exchange.authorization == "Basic c2FsbHlwb3J0OmNhbmFyeS1nYXRld2F5LXNlY3JldC01NTU1")
            let redemption = try #require(world.authServer.redemptions.first)
            #expect(redemption["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
            #expect(redemption["scope"] == "read")
            #expect(redemption["resource"] == "https://mcp.example/todo")
            #expect(world.audit.lines == ["token_exchange granted", "jwt_bearer granted"])
            #expect(world.metrics.value("token_broker_requests_total{cache=hit}") == 19)
            #expect(
                world.metrics.value("token_exchange_requests_total{leg=jwt_bearer,endpoint=as.example,outcome=granted}")
                    == 1
            )
        }
    }

    @Test("G02: two users of one server never get each other's token")
    func twoUsers() async throws {
        try await withWorld { world in
            let alice = try world.session("alice")
            let bob = try world.session("bob", session: "s2")
            for _ in 0..<3 {
                #expect(try await world.token(alice).token.exposed == "canary-access-alice-1")
                #expect(try await world.token(bob).token.exposed == "canary-access-bob-2")
            }
            #expect(world.legs == (2, 2))
            #expect(Set(world.audit.records.map(\.userDigest)).count == 2)
        }
    }

    @Test("G03: two sessions of one user do not share a token, and two tokens of one session do")
    func twoSessions() async throws {
        try await withWorld { world in
            let first = try await world.token(try world.session(session: "s1"))
            let second = try await world.token(try world.session(session: "s2"))
            #expect(first.token != second.token)
            #expect(try await world.token(try world.session(session: "s1")).token == first.token)
            #expect(world.legs == (2, 2))
        }
    }

    @Test("G04: a thousand callers at once take one token exchange and one redemption")
    func singleFlight() async throws {
        try await withWorld { world in
            let session = try world.session()
            let gate = Gate()
            world.provider.onExchange { _, _ in
                await gate.wait()
                return nil
            }
            let tokens = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<1_000 {
                    group.addTask { try await world.token(session, .todo(), "c-\(number)").token.exposed }
                }
                try await until("all of them wait") { world.broker.flights.waiterCount == 1_000 }
                gate.open()
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(tokens == ["canary-access-alice-1"])
            #expect(world.legs == (1, 1))
            #expect(world.broker.flights.waiterCount == 0)
        }
    }

    @Test("G04, W25: a caller who gives up ends nothing for the others, even one who came first")
    func leaderGivesUp() async throws {
        try await withWorld { world in
            let session = try world.session()
            let gate = Gate()
            world.provider.onExchange { _, _ in
                await gate.wait()
                return nil
            }
            let leader = Task { try await world.token(session) }
            try await until("the exchange is under way") { world.provider.exchanges.count == 1 }
            let follower = Task { try await world.token(session) }
            try await until("both wait") { world.broker.flights.waiterCount == 2 }
            leader.cancel()
            await #expect(throws: CancellationError.self) { try await leader.valueInTime() }
            gate.open()
            #expect(try await follower.valueInTime().token.exposed == "canary-access-alice-1")
            #expect(world.legs == (1, 1))
        }
    }

    @Test("G04: all who wait share a failure, and nobody tries again at once")
    func sharedFailure() async throws {
        try await withWorld { world in
            let session = try world.session()
            let gate = Gate()
            world.provider.onExchange { _, _ in
                await gate.wait()
                return refusing("access_denied")
            }
            let reasons = try await withThrowingTaskGroup(of: BrokerError.Reason?.self) { group in
                for _ in 0..<100 { group.addTask { try await world.refusal(session)?.reason } }
                try await until("all of them wait") { world.broker.flights.waiterCount == 100 }
                gate.open()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(reasons.count == 100 && reasons.allSatisfy { $0 == .policyDenied })
            #expect(world.legs == (1, 0))
        }
    }

    @Test("G05: a token is obtained anew once, a margin before it ends")
    func expiry() async throws {
        try await withWorld { world in
            let session = try world.session()
            let first = try await world.token(session)
            // 600 s, less a margin of 30 s.
            #expect(first.lifetime == .seconds(570))
            world.clock.advance(by: .seconds(569))
            #expect(try await world.token(session).token == first.token)
            #expect(try await world.token(session).lifetime == .seconds(1))
            world.clock.advance(by: .seconds(1))
            let second = try await world.token(session)
            #expect(second.token != first.token)
            #expect(try await world.token(session).token == second.token)
            #expect(world.legs == (2, 2))
        }
    }

    @Test("G06: a token that its server refuses is dropped and replaced once; a fresh one that it refuses is not")
    func rejected() async throws {
        try await withWorld { world in
            let session = try world.session()
            let first = try await world.token(session)
            let second = try await world.broker.rejected(first, for: session, route: .todo(), correlationID: "c-2")
            #expect(second.token.exposed == "canary-access-alice-2")
            #expect(try await world.token(session).token == second.token)
            await #expect(throws: BrokerError.self) {
                try await world.broker.rejected(second, for: session, route: .todo(), correlationID: "c-3")
            }
            #expect(world.audit.reasons == [.upstreamRejectedToken])
            #expect(try await world.refusal(session)?.reason == .upstreamRejectedToken)
            #expect(world.legs == (2, 2))
            // The control: it is remembered for a second, and not for good.
            world.clock.advance(by: .seconds(2))
            #expect(try await world.token(session).token.exposed == "canary-access-alice-3")
        }
    }

    @Test("G06, W24: many refusals of one token take one new exchange")
    func rejectedByMany() async throws {
        try await withWorld { world in
            let session = try world.session()
            let first = try await world.token(session)
            let tokens = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await world.broker.rejected(first, for: session, route: .todo(), correlationID: "c")
                            .token.exposed
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(tokens == ["canary-access-alice-2"])
            #expect(world.legs == (2, 2))
        }
    }

    @Test("G25, W23: a rotated credential is used for the very next token, and drops those of the old one alone")
    func rotation() async throws {
        try await withWorld { world in
            let session = try world.session()
            let other = try await world.token(session, .todo("other"))
            _ = try await world.token(session)
            let rotated = VersionedRoute.todo(version: "2", secret: "canary-rotated-secret")
            world.broker.routeChanged(.team("todo"), to: rotated)
            #expect(world.broker.state.withLockedValue { $0.tokens.count } == 1)
            _ = try await world.token(session, rotated)
            // base64 of 'as-client:canary-rotated-secret'.
            #expect(
                world.authServer.redemptions.last?.authorization == "Basic YXMtY2xpZW50OmNhbmFyeS1yb3RhdGVkLXNlY3JldA=="
            )
            #expect(try await world.token(session, .todo("other")).token == other.token)
            #expect(world.legs == (3, 3))
        }
    }

    @Test("G25, W23: an exchange under way when the secret changes does not serve the new version")
    func rotationInFlight() async throws {
        try await withWorld { world in
            let session = try world.session()
            let gate = Gate()
            world.provider.onExchange { _, number in
                if number == 1 { await gate.wait() }
                return nil
            }
            let old = Task { try await world.token(session) }
            try await until("the exchange is under way") { world.provider.exchanges.count == 1 }
            let rotated = VersionedRoute.todo(version: "2", secret: "canary-rotated-secret")
            world.broker.routeChanged(.team("todo"), to: rotated)
            let fresh = try await world.token(session, rotated)
            gate.open()
            let stale = try await old.valueInTime()
            #expect(fresh.token != stale.token)
            #expect(try await world.token(session, rotated).token == fresh.token)
        }
    }

    @Test("A route that changes in nothing that matters to its tokens keeps them")
    func cosmeticChange() async throws {
        try await withWorld { world in
            let session = try world.session()
            let token = try await world.token(session)
            let pushed = VersionedRoute.todo(version: "2") { $0.stepUpScopes.append("more") }
            world.broker.routeChanged(.team("todo"), to: pushed)
            #expect(try await world.token(session, pushed).token == token.token)
            #expect(world.legs == (1, 1))
        }
    }

    @Test(
        "A route whose endpoint, scopes, authorization server or client changed keeps no token",
        arguments: [
            VersionedRoute.todo(version: "2") { $0.scopes = ["read", "list"] },
            .todo(version: "2") { $0.authServerTokenEndpoint = "https://as.example/other" },
            .todo(version: "2") { $0.authServerIssuer = "https://other.example" },
            .todo(version: "2", ownClient: true), .todo(version: "2", host: "elsewhere.example"),
            .todo(version: "2") { $0.idpTokenEndpoint = "https://evil.example/token" },
        ]
    )
    func realChange(_ changed: VersionedRoute) async throws {
        try await withWorld { world in
            _ = try await world.token(try world.session())
            world.broker.routeChanged(.team("todo"), to: changed)
            #expect(world.broker.state.withLockedValue { $0.tokens.count } == 0)
        }
    }

    @Test("A session that has ended leaves nothing behind, not even by an exchange under way")
    func forgotten() async throws {
        try await withWorld { world in
            let session = try world.session()
            _ = try await world.token(session)
            world.broker.forget(session.identity)
            #expect(world.broker.state.withLockedValue { $0.tokens.count } == 0)
            let gate = Gate()
            world.provider.onExchange { _, _ in
                await gate.wait()
                return nil
            }
            let pending = Task { try await world.token(session) }
            try await until("the exchange is under way") { world.provider.exchanges.count == 2 }
            world.broker.forget(session.identity)
            gate.open()
            _ = try await pending.valueInTime()
            #expect(world.broker.state.withLockedValue { $0.tokens.count } == 0)
        }
    }

    @Test("A cap that becomes shorter holds for tokens that are kept already")
    func shorterCap() async throws {
        try await withWorld { world in
            let session = try world.session()
            let first = try await world.token(session)
            world.clock.advance(by: .seconds(100))
            let capped = VersionedRoute.todo(version: "2") { $0.maximumTokenLifetime = .seconds(60) }
            #expect(try await world.token(session, capped).token != first.token)
        }
    }

    @Test("A session of another provider gets nothing, and nothing is sent")
    func issuerMismatch() async throws {
        try await withWorld { world in
            let user = UserIdentity(issuer: "https://other.example", tenant: nil, subject: "alice")
            let own = try world.session()
            let stranger = Session(
                identity: SessionIdentity(user: user, session: "s1"),
                idToken: own.idToken,
                idTokenExpiry: own.idTokenExpiry
            )
            #expect(try await world.refusal(stranger)?.reason == .issuerMismatch)
            #expect(world.legs == (0, 0))
            #expect(world.audit.reasons == [.issuerMismatch])
        }
    }

    @Test("A server that needs a refresh token as subject gets one, or the session is told")
    func refreshTokenAsSubject() async throws {
        try await withWorld { world in
            let route = VersionedRoute.todo { $0.subjectTokenType = "refresh_token" }
            let refusal = try await world.refusal(world.session(), route)
            #expect(refusal?.reason == .subjectTokenRequired)
            #expect(world.legs == (0, 0))
            _ = try await world.token(try world.session(refreshToken: "canary-refresh-1"), route)
            #expect(world.provider.exchanges.first?["subject_token"] == "canary-refresh-1")
            #expect(
                world.provider.exchanges.first?["subject_token_type"]
                    == "urn:ietf:params:oauth:token-type:refresh_token"
            )
        }
    }

    @Test("Leg 2 asks for exactly what leg 1 granted, and not for what was asked for")
    func grantedScope() async throws {
        try await withWorld { world in
            world.provider.changeAssertions(["scope": "read narrowed"])
            _ = try await world.token(try world.session(), .todo { $0.scopes = ["read", "write"] })
            #expect(world.provider.exchanges.first?["scope"] == "read write")
            #expect(world.authServer.redemptions.first?["scope"] == "read narrowed")
        }
    }
}

/// Holds tasks back until it is opened, or they are cancelled.
final class Gate: Sendable {
    private let isOpen = NIOLockedValueBox(false)

    func wait() async {
        while !isOpen.withLockedValue({ $0 }) {
            // A cancelled task has nothing to wait for.
            do { try await Task.sleep(for: .milliseconds(1)) } catch { return }
        }
    }

    func open() { isOpen.withLockedValue { $0 = true } }
}
