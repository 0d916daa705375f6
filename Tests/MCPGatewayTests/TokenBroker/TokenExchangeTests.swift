// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OpenSSL
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

/// Token exchange in the form of Dex; the names tell which defect of systems before this one a test would catch.
@Suite("Token exchange")
struct TokenExchangeTests {
    @Test("The request is Dex's, parameter by parameter, under the gateway's own client")
    func request() async throws {
        try await withWorld(trust: .withDex) { world in
            let session = try world.session()
            let token = try await world.token(session, .exchanging())
            let form = try #require(world.dex.exchanges.first)
            let expected = [
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                "requested_token_type": "urn:ietf:params:oauth:token-type:id_token",
                "scope": "audience:server:client_id:tools groups openid",
                "subject_token": session.idToken.exposed,
                "subject_token_type": "urn:ietf:params:oauth:token-type:id_token", "connector_id": "corp",
            ]
            #expect(Dictionary(uniqueKeysWithValues: form.parameters.map { ($0.name, $0.value) }) == expected)
            #expect(form.authorization == basic("sallyport", "canary-gateway-secret-5555"))
            #expect(try UnverifiedJWT(token.token).claims.issuer == FakeDex.issuer)
            #expect(world.legs == (0, 0))
            #expect(world.audit.lines == ["token_exchange granted"])
        }
    }

    @Test("Its own client is used where the route has one, and no connector where it has none")
    func ownClient() async throws {
        try await withWorld(trust: .withDex) { world in
            let route = VersionedRoute.exchanging { mode in
                mode.connectorID = nil
                mode.requiredAudiences = []
                mode.client = RouteClient(
                    id: "own",
                    method: .clientSecretPost,
                    credential: .secret(Redacted("s")),
                    source: nil
                )
            }
            world.dex.changeTokens(["aud": "own"])
            _ = try await world.token(try world.session(), route)
            let form = try #require(world.dex.exchanges.first)
            #expect(form["client_id"] == "own" && form["client_secret"] == "s" && form["connector_id"] == nil)
        }
    }

    @Test("Servers with other audiences, scopes or connectors never get one another's token")
    func separateTokens() async throws {
        try await withWorld(trust: .withDex) { world in
            let session = try world.session()
            let routes = [
                VersionedRoute.exchanging("a"), .exchanging("b") { $0.requiredAudiences = ["other"] },
                .exchanging("c") { $0.scopes = ["openid"] }, .exchanging("d") { $0.connectorID = "second" },
            ]
            var tokens: Set<String> = []
            for route in routes { tokens.insert(try await world.token(session, route).token.exposed) }
            #expect(world.dex.exchanges.count == 4)
            #expect(tokens.count == 4)
        }
    }

    @Test("Many callers of one user cost one exchange, and the token is kept")
    func singleFlight() async throws {
        try await withWorld(trust: .withDex) { world in
            let session = try world.session()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 { group.addTask { _ = try await world.token(session, .exchanging()) } }
                try await group.waitForAll()
            }
            _ = try await world.token(session, .exchanging())
            #expect(world.dex.exchanges.count == 1)
        }
    }

    @Test("A token that its server refused is never given out again")
    func rejected() async throws {
        try await withWorld(trust: .withDex) { world in
            let session = try world.session()
            let first = try await world.token(session, .exchanging())
            world.dex.changeTokens(["jti": "second"])
            let second = try await world.broker.rejected(
                first,
                for: session,
                route: .exchanging(),
                correlationID: "c"
            )
            #expect(first.digest != second.digest)
            #expect(world.dex.exchanges.count == 2)
        }
    }

    /// A token that must not be sent on.
    struct Bad: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var cause: String
        var claims: JSONObject = [:]
        var members: JSONObject = [:]
    }

    static let bad = [
        Bad(
            testDescription: "another issuer",
            cause: "exchanged_token_wrong_issuer",
            claims: ["iss": "https://e.example"]
        ),
        Bad(testDescription: "another audience", cause: "exchanged_token_wrong_audience", claims: ["aud": "other"]),
        Bad(testDescription: "no audience", cause: "exchanged_token_missing_claim", claims: ["aud": .null]),
        Bad(testDescription: "ended", cause: "exchanged_token_expired", claims: ["exp": 1_000]),
        Bad(testDescription: "without end", cause: "exchanged_token_missing_claim", claims: ["exp": .null]),
        Bad(testDescription: "nobody", cause: "exchanged_token_missing_claim", claims: ["sub": .null]),
        Bad(testDescription: "opaque", cause: "exchanged_token_malformed", members: ["access_token": "canary-opaque"]),
        Bad(
            testDescription: "another type",
            cause: "unexpected_token",
            members: ["issued_token_type": "urn:ietf:params:oauth:token-type:refresh_token"]
        ),
        Bad(testDescription: "no type", cause: "unexpected_token", members: ["issued_token_type": .null]),
    ]

    @Test("A token that is not what was asked for is not sent on", arguments: bad)
    func unacceptable(_ bad: Bad) async throws {
        try await withWorld(trust: .withDex) { world in
            world.dex.changeTokens(bad.claims)
            world.dex.changeAnswers(bad.members)
            let error = try #require(try await world.refusal(try world.session(), .exchanging()))
            #expect(error.reason == .serverMisconfigured)
            #expect(error.cause == bad.cause)
            #expect(world.audit.lines == ["token_exchange refused \(bad.cause)"])
        }
    }

    @Test("Each of several audiences must be in the token")
    func allAudiences() async throws {
        try await withWorld(trust: .withDex) { world in
            let route = VersionedRoute.exchanging { $0.requiredAudiences = ["tools", "more"] }
            world.dex.changeTokens(["aud": ["tools", "else"]])
            let refusal = try await world.refusal(try world.session(), route)
            #expect(refusal?.cause == "exchanged_token_wrong_audience")
            world.dex.changeTokens(["aud": ["more", "tools"]])
            _ = try await world.token(try world.session("bob"), route)
        }
    }

    @Test("A token that its issuer has not signed is not sent on")
    func forged() async throws {
        try await withWorld(trust: .withDex) { world in
            world.dex.sign(with: try SigningKey(try PrivateKey.make(.ellipticCurve(.p256)), keyID: "d1"))
            let error = try await world.refusal(try world.session(), .exchanging())
            #expect(error?.cause == "exchanged_token_bad_signature")
        }
    }

    @Test("Without the issuer's keys nothing is sent on, and the keys are asked for again")
    func keyOutage() async throws {
        try await withWorld(trust: .withDex) { world in
            world.dex.serveKeys(false)
            let error = try #require(try await world.refusal(try world.session(), .exchanging()))
            #expect(error.reason == .exchangeUnavailable && error.cause == "keys_unavailable")
            world.dex.serveKeys(true)
            world.clock.advance(by: .seconds(5))
            _ = try await world.token(try world.session(), .exchanging())
            #expect(world.dex.keyRequests == 2)
            _ = try await world.token(try world.session("bob"), .exchanging())
            #expect(world.dex.keyRequests == 2)
        }
    }

    @Test("Where the issuer cannot be reached, its keys are where the configuration says")
    func listedKeys() async throws {
        var trust = GatewayTrust.withDex
        trust.authorizationServers = [
            GatewayTrust.AuthorizationServer(
                issuer: "https://dex.internal",
                tokenEndpoints: [],
                jwksURI: "https://proxy.example/keys"
            )
        ]
        try await withWorld(trust: trust) { world in
            world.dex.changeTokens(["iss": "https://dex.internal"])
            let route = VersionedRoute.exchanging { $0.expectedIssuer = "https://dex.internal" }
            _ = try await world.token(try world.session(), route)
            #expect(world.restrictedClient.requests.isEmpty)
        }
    }

    @Test("No endpoint gets a user's token that the user's provider does not allow")
    func untrusted() async throws {
        try await withWorld { world in
            let error = try #require(try await world.refusal(try world.session(), .exchanging()))
            #expect(error.reason == .serverMisconfigured && error.cause == "IssuerNotTrusted")
            #expect(world.dex.exchanges.isEmpty)
        }
    }

    @Test("The gateway's own client obtains tokens only for the audiences and servers that the configuration pairs")
    func foreignAudience() async throws {
        var elsewhere = GatewayTrust.withDex
        elsewhere.identityProviders[0].exchangeTo = [
            GatewayTrust.ForwardTarget(
                audience: "tools",
                urls: ["https://tools.example.evil/", "https://tools.example/m"]
            )
        ]
        for (trust, audiences) in [
            (GatewayTrust.withDex, ["payroll"]), (.withDex, ["tools", "payroll"]), (.withDex, []),
            (elsewhere, ["tools"]),
        ] {
            try await withWorld(trust: trust) { world in
                let route = VersionedRoute.exchanging { $0.requiredAudiences = audiences }
                let error = try #require(try await world.refusal(try world.session(), route))
                #expect(error.reason == .serverMisconfigured && error.cause == "IssuerNotTrusted")
                #expect(world.dex.exchanges.isEmpty)
            }
        }
    }

    @Test("A token that would let its holder in at the gateway is never sent to a server")
    func opensGateway() async throws {
        var trust = GatewayTrust.withDex
        trust.identityProviders.append(
            GatewayTrust.IdentityProvider(issuer: FakeDex.issuer, bearerAudiences: ["sallyport", "tools"])
        )
        try await withWorld(trust: trust) { world in
            let error = try await world.refusal(try world.session(), .exchanging())
            #expect(error?.cause == "exchanged_token_opens_gateway")
        }
    }

    @Test("A user of another provider is refused before anything is sent")
    func foreignUser() async throws {
        var trust = GatewayTrust.withDex
        trust.identityProviders.append(
            GatewayTrust.IdentityProvider(issuer: "https://second.example", bearerAudiences: ["sallyport"])
        )
        try await withWorld(trust: trust) { world in
            let stranger = try world.session(claims: ["iss": "https://second.example"])
            #expect(try await world.refusal(stranger, .exchanging())?.reason == .issuerMismatch)
            #expect(world.dex.exchanges.isEmpty)
        }
    }

    @Test("Tokens go when what they were obtained with changes, and stay when it does not")
    func routeChanges() async throws {
        try await withWorld(trust: .withDex) { world in
            let session = try world.session()
            _ = try await world.token(session, .exchanging())
            world.broker.routeChanged(.team("tools"), to: .exchanging(version: "2"))
            _ = try await world.token(session, .exchanging(version: "2"))
            #expect(world.dex.exchanges.count == 1)
            let changed = VersionedRoute.exchanging(version: "3") { $0.requiredAudiences = ["new"] }
            world.broker.routeChanged(.team("tools"), to: changed)
            _ = try await world.token(session, changed)
            #expect(world.dex.exchanges.count == 2)
        }
    }
}
