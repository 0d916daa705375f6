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

@Suite("Faults of the peers")
struct PeerFaultTests {
    @Test(
        "G13: an overloaded peer is left alone by everybody for as long as it asks",
        arguments: [429, 503],
        [true, false]
    )
    func overloaded(_ status: Int, atProvider: Bool) async throws {
        try await withWorld { world in
            let answer: TokenHandler = { _, number in
                number == 1 ? json(status, [:], ["Retry-After": "120"]) : nil
            }
            if atProvider { world.provider.onExchange(answer) } else { world.authServer.onRedemption(answer) }
            let first = try #require(try await world.refusal(world.session()))
            #expect(first.reason == .exchangeUnavailable && first.retryAfter == .seconds(120))
            #expect(first.leg == (atProvider ? .tokenExchange : .jwtBearer))
            let legs = world.legs
            world.clock.advance(by: .seconds(119))
            let bob = try world.session("bob", session: "s2")
            #expect(try await world.refusal(bob)?.retryAfter == .seconds(1))
            #expect(world.legs == legs)
            // The control.
            world.clock.advance(by: .seconds(1))
            _ = try await world.token(bob)
        }
    }

    @Test("G13: no peer is left alone for longer than five minutes")
    func longestWait() async throws {
        try await withWorld { world in
            world.provider.onExchange { _, number in number == 1 ? json(503, [:], ["Retry-After": "86400"]) : nil }
            let refusal = try await world.refusal(world.session())
            #expect(refusal?.retryAfter == .seconds(300))
            world.clock.advance(by: .seconds(300))
            _ = try await world.token(try world.session())
        }
    }

    @Test("G13: a token that is kept serves on while its provider is away")
    func keptToken() async throws {
        try await withWorld { world in
            let session = try world.session()
            let token = try await world.token(session)
            world.provider.onExchange { _, _ in json(503, [:], ["Retry-After": "120"]) }
            let refusal = try await world.refusal(world.session("bob", session: "s2"))
            #expect(refusal?.reason == .exchangeUnavailable)
            #expect(try await world.token(session).token == token.token)
        }
    }

    @Test("A peer out of reach is tried again after one second, doubling to thirty, and starts over after a success")
    func doubling() async throws {
        try await withWorld { world in
            world.provider.onExchange { _, _ in throw HTTPTransportError(.connectionFailed, "refused") }
            let session = try world.session()
            for expected in [1, 2, 4, 8, 16, 30, 30] as [Double] {
                let refusal = try #require(try await world.refusal(session))
                #expect(refusal.reason == .exchangeUnavailable)
                let wait = try #require(refusal.retryAfter)
                #expect(wait > .seconds(expected * 0.74) && wait <= .seconds(expected))
                world.clock.advance(by: wait)
            }
            #expect(world.legs.exchanges == 7)
            world.provider.onExchange { _, _ in nil }
            _ = try await world.token(session)
            world.provider.onExchange { _, _ in throw HTTPTransportError(.connectionFailed, "refused") }
            let wait = try #require(try await world.refusal(world.session("bob", session: "s2"))?.retryAfter)
            #expect(wait <= .seconds(1))
        }
    }

    @Test("An internal error of a peer concerns the one user it happened to")
    func internalError() async throws {
        try await withWorld { world in
            let alice = try world.session()
            world.provider.onExchange { form, _ in
                form["subject_token"] == alice.idToken.exposed ? IncomingResponse(status: 500) : nil
            }
            #expect(try await world.refusal(alice)?.reason == .exchangeUnavailable)
            #expect(try await world.refusal(alice)?.reason == .exchangeUnavailable)
            #expect(world.legs == (1, 0))
            _ = try await world.token(try world.session("bob", session: "s2"))
        }
    }

    @Test("G14: a peer that hangs costs its own callers a deadline, and others nothing")
    func hanging() async throws {
        let settings = BrokerSettings(perProviderConcurrency: 2, providerQueue: 2)
        try await withWorld(settings: settings) { world in
            let gate = Gate()
            world.authServer.onRedemption { form, _ in
                if form["resource"] == "https://mcp.example/todo" { await gate.wait() }
                return nil
            }
            let route = VersionedRoute.todo("todo") { $0.authServerTokenEndpoint = FakeAuthServer.tokenEndpoint }
            let healthy = VersionedRoute.todo("well") { $0.authServerTokenEndpoint = "https://as.example/other" }
            // Two hang, two wait for their turn, and one is too many.
            let tasks = try await start(world, route, 2) { world.authServer.redemptions.count == 2 }
            let queued = try await start(world, route, 2, from: 2) {
                world.broker.environment.limit.load(FakeAuthServer.tokenEndpoint) == (2, 2)
            }
            let extra = try await world.refusal(try world.session("u9", session: "s9"), route)
            #expect(extra?.reason == .exchangeUnavailable && extra?.cause == "too_many")
            _ = try await world.token(try world.session("bob", session: "s2"), healthy)
            let queue = "token_broker_queue_length{endpoint=as.example}"
            #expect(world.metrics.value(queue) == 2)
            // Those in the queue give up first, then all callers.
            world.clock.advance(by: world.broker.environment.settings.queueDeadline)
            for task in queued { #expect(try await task.valueInTime()?.cause == "took_too_long") }
            #expect(world.metrics.value(queue) == 0)
            world.clock.advance(by: world.broker.environment.settings.callDeadline)
            for task in tasks { #expect(try await task.valueInTime()?.cause == "took_too_long") }
            gate.open()
            try await until("the places are free") {
                world.broker.environment.limit.load(FakeAuthServer.tokenEndpoint) == (0, 0)
            }
        }
    }

    private func start(
        _ world: BrokerWorld,
        _ route: VersionedRoute,
        _ count: Int,
        from first: Int = 0,
        until condition: @escaping @Sendable () -> Bool
    ) async throws -> [Task<BrokerError?, any Error>] {
        let sessions = try (first..<first + count).map { try world.session("u\($0)", session: "s\($0)") }
        let tasks = sessions.map { session in
            Task<BrokerError?, any Error> { try await world.refusal(session, route) }
        }
        try await until("the requests are where they should be", condition)
        return tasks
    }

    @Test("A request that timed out may have arrived, and its provider is left alone for a moment")
    func timeout() async throws {
        try await withWorld { world in
            world.provider.onExchange { _, _ in throw HTTPTransportError(.timedOut, "late", mayHaveBeenSent: true) }
            let refusal = try await world.refusal(world.session())
            #expect(refusal?.reason == .exchangeUnavailable)
            let another = try await world.refusal(world.session("bob", session: "s2"))
            #expect(another?.reason == .exchangeUnavailable)
            #expect(world.legs == (1, 0))
            #expect(world.audit.records.first?.errorType == "answer_lost")
        }
    }

    @Test(
        "G15, G16, W14, W15: an answer that is too large, a redirect or a page is no token",
        arguments: ["redirect", "page", "large"]
    )
    func noToken(_ what: String) async throws {
        try await withWorld { world in
            world.provider.onExchange { _, _ in
                switch what {
                case "redirect":
                    IncomingResponse(status: 307, headers: ["Location": "https://evil.example/token"])
                case "page":
                    IncomingResponse(
                        status: 200,
                        headers: ["Content-Type": "text/html"],
                        body: ResponseBody(bytes: Array("<html>canary-page</html>".utf8))
                    )
                default:
                    IncomingResponse(
                        status: 200,
                        headers: ["Content-Type": "application/json"],
                        body: ResponseBody(chunks: Array(repeating: Array(repeating: 0x20, count: 1 << 20), count: 50))
                    )
                }
            }
            let refusal = try await world.refusal(world.session())
            #expect(refusal?.reason == .serverMisconfigured)
            #expect(world.audit.records.map(\.errorType) == ["malformed"])
            #expect(!world.client.requests.contains { $0.url.contains("evil.example") })
        }
    }

    @Test("G21: an authorization server that the configuration does not pair with its endpoint gets nothing")
    func unlistedAuthServer() async throws {
        try await withWorld { world in
            let route = VersionedRoute.todo { $0.authServerTokenEndpoint = "https://evil.example/token" }
            // The issuer's own metadata is read first, and does not name the endpoint.
            let refusal = try await world.refusal(world.session(), route)
            #expect(refusal?.reason == .exchangeUnavailable)
            try await until("the metadata is known") { world.directory.knowledge(FakeAuthServer.issuer) != .unasked }
            let another = try #require(try await world.refusal(world.session(), route))
            #expect(another.reason == .serverMisconfigured && another.cause == "IssuerNotTrusted")
            #expect(world.legs == (0, 0))
            #expect(!(world.client.requests + world.restrictedClient.requests).contains { $0.url.contains("evil") })
        }
    }

    @Test("G22: metadata of another issuer is not used, and nothing is sent")
    func foreignMetadata() async throws {
        try await withWorld { world in
            world.authServer.serveMetadata([
                "issuer": "https://other.example", "token_endpoint": "https://as.example/token",
            ])
            let refusal = try #require(try await world.refusal(world.session()))
            #expect(refusal.reason == .serverMisconfigured && refusal.cause == "discovery")
            #expect(world.legs == (0, 0))
            // The control: with the right issuer it is used.
            world.authServer.serveMetadata(nil)
            world.clock.advance(by: .seconds(30))
            _ = try await world.token(try world.session())
        }
    }

    @Test(
        "G23: leg 2 goes through the client that obeys the egress policy, unless the configuration lists its endpoint"
    )
    func egress() async throws {
        try await withWorld { world in
            _ = try await world.token(try world.session())
            #expect(world.restrictedClient.requests.map(\.url).contains(FakeAuthServer.tokenEndpoint))
            #expect(!world.client.requests.map(\.url).contains { $0.hasPrefix(FakeAuthServer.issuer) })
            #expect(!world.restrictedClient.requests.map(\.url).contains { $0.hasPrefix(FakeProvider.issuer) })
        }
        var trust = GatewayTrust.sample
        trust.authorizationServers = [
            GatewayTrust.AuthorizationServer(
                issuer: FakeAuthServer.issuer,
                tokenEndpoints: [FakeAuthServer.tokenEndpoint]
            )
        ]
        try await withWorld(trust: trust) { world in
            let route = VersionedRoute.todo { $0.authServerTokenEndpoint = FakeAuthServer.tokenEndpoint }
            _ = try await world.token(try world.session(), route)
            #expect(world.client.requests.map(\.url).contains(FakeAuthServer.tokenEndpoint))
            #expect(world.restrictedClient.requests.isEmpty)
        }
    }

    @Test("G23: a gateway that trusts everything still reaches for what resources name under the egress policy alone")
    func egressOfEverything() async throws {
        try await withWorld(trust: GatewayTrust(trustsEverything: true)) { world in
            _ = try await world.token(world.session(), .todo(ownClient: true))
            #expect(world.restrictedClient.requests.map(\.url).contains(FakeProvider.tokenEndpoint))
            #expect(world.client.requests.isEmpty)
        }
    }

    @Test("G23: a token endpoint in the metadata that is not reached over https is refused")
    func insecureMetadata() async throws {
        try await withWorld { world in
            world.authServer.serveMetadata(["issuer": "https://as.example", "token_endpoint": "http://10.0.0.1/token"])
            let refusal = try await world.refusal(world.session())
            #expect(refusal?.reason == .serverMisconfigured)
            #expect(world.legs == (0, 0))
        }
    }

    @Test("An authorization server whose metadata is out of reach is tried again later")
    func unreachableMetadata() async throws {
        try await withWorld { world in
            world.authServer.setReachable(false)
            let refusal = try #require(try await world.refusal(world.session()))
            #expect(refusal.reason == .exchangeUnavailable && refusal.cause == "discovery")
            #expect(refusal.retryAfter == .seconds(1))
            world.authServer.setReachable(true)
            let another = try await world.refusal(world.session())
            #expect(another?.reason == .exchangeUnavailable)
            world.clock.advance(by: .seconds(1))
            _ = try await world.token(try world.session())
            let requests = world.authServer.metadataRequests
            _ = try await world.token(try world.session("bob", session: "s2"))
            #expect(world.authServer.metadataRequests == requests)
        }
    }

    @Test("G29, W18: scopes that were narrowed are recorded, and those that were never asked for are not used")
    func narrowed() async throws {
        try await withWorld { world in
            world.authServer.onRedemption { form, number in
                FakeAuthServer.granting("t\(number)", ["scope": number == 1 ? "read" : "read write root"])
            }
            let route = VersionedRoute.todo { $0.scopes = ["read", "write"] }
            let first = try await world.token(try world.session(), route)
            #expect(first.scopes == ["read"])
            #expect(world.audit.records.last?.requestedScopes == "read write")
            #expect(world.audit.records.last?.grantedScopes == "read")
            let second = try await world.token(try world.session("bob", session: "s2"), route)
            #expect(second.scopes == ["read", "write"])
            #expect(world.audit.records.last?.detail == "More scopes were granted than asked for.")
        }
    }

    @Test(
        "G30, W16: whatever a server says of a token's life, it is kept for a sensible time",
        arguments: [
            (60, .seconds(45)), (.string("600"), .seconds(570)), (.null, .seconds(270)), (-5, .zero), (0, .zero),
            (.double(1e300), .seconds(3_570)), (1_000_000_000_000, .seconds(3_570)), (.double(600.5), .seconds(570)),
        ] as [(JSONValue, Duration)]
    )
    func lifetimes(_ stated: JSONValue, _ expected: Duration) async throws {
        try await withWorld { world in
            world.authServer.onRedemption { _, number in
                FakeAuthServer.granting("t\(number)", ["expires_in": stated, "unknown": ["nested": true]])
            }
            let session = try world.session()
            let token = try await world.token(session)
            #expect(token.lifetime >= expected && token.lifetime < expected + .seconds(1))
            #expect(world.broker.state.withLockedValue { $0.tokens.count } == (expected > .zero ? 1 : 0))
        }
    }

    @Test("G30: an answer in which a member stands twice is refused")
    func duplicateMember() async throws {
        try await withWorld { world in
            world.authServer.onRedemption { _, _ in
                let text = #"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#
                return IncomingResponse(
                    status: 200,
                    headers: ["Content-Type": "application/json"],
                    body: ResponseBody(bytes: Array(text.utf8))
                )
            }
            let refusal = try await world.refusal(world.session())
            #expect(refusal?.reason == .serverMisconfigured)
            #expect(world.audit.records.last?.errorType == "malformed")
        }
    }
}
