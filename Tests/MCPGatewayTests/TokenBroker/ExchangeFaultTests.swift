// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import NIOConcurrencyHelpers
import OAuth
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Faults of an exchange")
struct ExchangeFaultTests {
    @Test("G09: a refused ID token is renewed and the exchange repeated, once")
    func renewal() async throws {
        try await withWorld { world in
            let session = try world.session(refreshToken: "canary-refresh-1")
            world.provider.onExchange { _, number in number == 1 ? refusing("invalid_grant") : nil }
            _ = try await world.token(session)
            #expect(world.legs == (2, 1))
            #expect(world.provider.renewals.map { $0["refresh_token"] } == ["canary-refresh-1"])
            #expect(world.provider.exchanges[0]["subject_token"] != world.provider.exchanges[1]["subject_token"])
            #expect(
                world.audit.lines
                    == ["token_exchange refused invalid_grant", "token_exchange granted", "jwt_bearer granted"]
            )
        }
    }

    @Test("G09: a renewed ID token that is refused too is not renewed again")
    func renewalInVain() async throws {
        try await withWorld { world in
            world.provider.onExchange { _, _ in refusing("invalid_grant") }
            let session = try world.session(refreshToken: "canary-refresh-1")
            #expect(try await world.refusal(session)?.reason == .reauthenticationRequired)
            #expect(world.legs == (2, 0))
            #expect(world.provider.renewals.count == 1)
            // Until the subject token changes, nobody is asked again.
            world.clock.advance(by: .seconds(600))
            #expect(try await world.refusal(session)?.reason == .reauthenticationRequired)
            #expect(world.legs == (2, 0))
            // The control: a new sign-in is a new subject token.
            world.provider.onExchange { _, _ in nil }
            _ = try await world.token(try world.session(session: "s2"))
            #expect(world.legs == (3, 1))
        }
    }

    @Test(
        "G10: without a refresh token the user is asked to sign in again",
        arguments: ["invalid_grant", "invalid_token"]
    )
    func notRenewable(_ error: String) async throws {
        try await withWorld { world in
            world.provider.onExchange { _, _ in refusing(error) }
            let session = try world.session()
            #expect(try await world.refusal(session)?.reason == .reauthenticationRequired)
            #expect(world.audit.records.last?.reason == .reauthenticationRequired)
            #expect(try await world.refusal(session)?.reason == .reauthenticationRequired)
            #expect(world.legs == (1, 0))
            world.broker.retry(session, .team("todo"))
            _ = try await world.refusal(session)
            #expect(world.legs == (2, 0))
        }
    }

    @Test("G10: an ID token that has ended is not sent; with a refresh token it is renewed first")
    func expiredSubject() async throws {
        try await withWorld { world in
            let ended = try world.session(lifetime: .seconds(60))
            let renewable = try world.session(
                "alice",
                session: "s2",
                lifetime: .seconds(60),
                refreshToken: "canary-refresh-1"
            )
            world.clock.advance(by: .seconds(61))
            #expect(try await world.refusal(ended)?.reason == .reauthenticationRequired)
            #expect(world.legs == (0, 0))
            #expect(world.audit.reasons == [.reauthenticationRequired])
            _ = try await world.token(renewable)
            #expect(world.legs == (1, 1))
            #expect(world.provider.renewals.count == 1)
        }
    }

    @Test("G11: a grant that leg 2 refuses is replaced by a new one, once, and never sent twice")
    func freshPair() async throws {
        try await withWorld { world in
            world.authServer.onRedemption { _, number in number == 1 ? refusing("invalid_grant") : nil }
            _ = try await world.token(try world.session())
            #expect(world.legs == (2, 2))
            #expect(world.authServer.replays == 0)
        }
        try await withWorld { world in
            world.authServer.onRedemption { _, _ in refusing("invalid_grant") }
            let refusal = try await world.refusal(world.session())
            #expect(refusal?.reason == .serverMisconfigured)
            #expect(world.legs == (2, 2))
            #expect(world.authServer.replays == 0)
            #expect(world.audit.records.last?.errorType == "invalid_grant")
            #expect(world.audit.records.last?.leg == .jwtBearer)
        }
    }

    @Test("G11: a grant whose redemption gave no answer counts as used", arguments: [1, 2])
    func ambiguousRedemption(_ losses: Int) async throws {
        try await withWorld { world in
            world.authServer.onRedemption { _, number in
                guard number <= losses else { return nil }
                throw HTTPTransportError(.connectionLost, "lost", mayHaveBeenSent: true)
            }
            let refusal = try await world.refusal(try world.session())
            #expect(refusal?.reason == (losses == 1 ? nil : .exchangeUnavailable))
            #expect(world.legs == (2, 2))
            #expect(world.authServer.replays == 0)
            #expect(Set(world.authServer.redemptions.map { $0["assertion"] }).count == 2)
        }
    }

    @Test(
        "G12: a denial is told as one, ends the user's token at once, and is asked again after ten seconds",
        arguments: ["access_denied", "invalid_target"]
    )
    func denial(_ error: String) async throws {
        try await withWorld { world in
            let session = try world.session()
            let other = try world.session("bob", session: "s2")
            let held = try await world.token(session)
            world.provider.onExchange { form, _ in
                form["subject_token"] == session.idToken.exposed ? refusing(error) : nil
            }
            // The server has forgotten the token; the policy is asked, and says no.
            await #expect(throws: BrokerError.self) {
                try await world.broker.rejected(held, for: session, route: .todo(), correlationID: "c-2")
            }
            #expect(world.audit.reasons == [.policyDenied])
            #expect(world.broker.state.withLockedValue { $0.tokens.count } == 0)
            let refusal = try #require(try await world.refusal(session))
            #expect(refusal.reason == .policyDenied && refusal.leg == .tokenExchange)
            #expect(refusal.retryAfter == .seconds(10))
            #expect(world.legs == (2, 1))
            // The controls: another user is not concerned, and a grant that comes later is picked up.
            _ = try await world.token(other)
            world.provider.onExchange { _, _ in nil }
            world.clock.advance(by: .seconds(9))
            #expect(try await world.refusal(session)?.reason == .policyDenied)
            world.clock.advance(by: .seconds(1))
            _ = try await world.token(session)
        }
    }

    @Test("G12: a denial of more scopes ends the token of fewer, which the policy may still grant")
    func denialOfStepUp() async throws {
        try await withWorld { world in
            let session = try world.session()
            let held = try await world.token(session)
            world.provider.onExchange { form, _ in form["scope"] == "read" ? nil : refusing("access_denied") }
            await #expect(throws: BrokerError.self) {
                try await world.broker.stepUp(
                    to: ["write"],
                    insteadOf: held,
                    for: session,
                    route: .todo(),
                    correlationID: "c-2"
                )
            }
            #expect(try await world.refusal(session)?.reason == .policyDenied)
            world.clock.advance(by: .seconds(10))
            _ = try await world.token(session)
            #expect(world.provider.exchanges.map { $0["scope"] } == ["read", "read write", "read"])
        }
    }

    @Test(
        "G17, G18, G19, G20, W01, W02, W03, W04, W05, W06, W07, W08, W09: only the grant that was asked for is sent on",
        arguments: [
            Forgery(
                "issued_token_type",
                "unexpected_token",
                response: ["issued_token_type": "urn:ietf:params:oauth:token-type:access_token"]
            ),
            Forgery("no issued_token_type", "unexpected_token", response: ["issued_token_type": .null]),
            Forgery("token_type", "unexpected_token", response: ["token_type": "Bearer"]),
            Forgery("aud", "id_jag_wrong_audience", claims: ["aud": "https://other.example"]),
            Forgery("aud with a slash", "id_jag_wrong_audience", claims: ["aud": "https://as.example/"]),
            Forgery(
                "two aud",
                "id_jag_wrong_audience",
                claims: ["aud": ["https://as.example", "https://other.example"]]
            ),
            Forgery("resource", "id_jag_wrong_resource", claims: ["resource": "https://mcp.example/other"]),
            Forgery(
                "two resources",
                "id_jag_wrong_resource",
                claims: ["resource": ["https://mcp.example/todo", "https://mcp.example/other"]]
            ),
            Forgery("client_id", "id_jag_wrong_client", claims: ["client_id": "somebody-else"]),
            Forgery("iss", "id_jag_wrong_issuer", claims: ["iss": "https://other.example"]),
            Forgery("typ", "id_jag_wrong_type", type: "JWT"),
            Forgery("cnf", "id_jag_bound_to_key", claims: ["cnf": ["jkt": "x"]]),
            Forgery("no access_token", "malformed", response: ["access_token": .null]),
            Forgery("opaque", "id_jag_malformed", response: ["access_token": "canary-opaque-token"]),
        ]
    )
    func forgery(_ forgery: Forgery) async throws {
        try await withWorld { world in
            world.provider.onExchange { [provider = world.provider] form, _ in
                FakeProvider.granting(
                    try provider.assertion(form, forgery.claims, type: forgery.type),
                    forgery.response
                )
            }
            let refusal = try await world.refusal(world.session())
            #expect(refusal?.reason == .serverMisconfigured)
            #expect(world.authServer.redemptions.isEmpty)
            #expect(world.audit.records.map(\.errorType) == [forgery.reason])
            // The control: what was changed is all that was wrong.
            world.provider.onExchange { _, _ in nil }
            world.clock.advance(by: .seconds(2))
            _ = try await world.token(try world.session())
        }
    }

    /// A token response that is not what was asked for.
    struct Forgery: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var reason: String
        var response: JSONObject
        var claims: JSONObject
        var type: String

        init(
            _ name: String,
            _ reason: String,
            response: JSONObject = [:],
            claims: JSONObject = [:],
            type: String = "oauth-id-jag+jwt"
        ) {
            testDescription = name
            self.reason = reason
            self.response = response
            self.claims = claims
            self.type = type
        }
    }

    @Test("G18: a lenient server takes Bearer as leg 1's token type")
    func lenience() async throws {
        try await withWorld { world in
            world.provider.onExchange { [provider = world.provider] form, _ in
                FakeProvider.granting(try provider.assertion(form), ["token_type": "Bearer"])
            }
            _ = try await world.token(try world.session(), .todo { $0.lenientTokenType = true })
            #expect(world.legs == (1, 1))
        }
    }

    @Test("W11: A grant that has ended on arrival is replaced once; then the clocks are blamed")
    func expiredAssertion() async throws {
        try await withWorld { world in
            let old: JSONObject = ["exp": .integer(world.now.seconds + 2)]
            world.provider.changeAssertions(old)
            let refusal = try await world.refusal(world.session())
            #expect(refusal?.reason == .serverMisconfigured)
            #expect(world.legs == (2, 0))
            #expect(world.audit.records.map(\.errorType) == ["id_jag_expired", "id_jag_expired"])
        }
    }

    @Test(
        "An error that only a change of configuration helps is told as one, and not asked again at once",
        arguments: ["invalid_scope", "unauthorized_client", "unsupported_grant_type", "something_new"]
    )
    func misconfigured(_ error: String) async throws {
        try await withWorld { world in
            let session = try world.session()
            world.provider.onExchange { _, _ in refusing(error) }
            #expect(try await world.refusal(session)?.reason == .serverMisconfigured)
            #expect(try await world.refusal(session)?.reason == .serverMisconfigured)
            #expect(world.legs == (1, 0))
            // A new version of the route may be what helps.
            #expect(try await world.refusal(session, .todo(version: "2"))?.reason == .serverMisconfigured)
            #expect(world.legs == (2, 0))
        }
    }

    @Test("A stronger sign-in that a leg asks for reaches the caller with its terms", arguments: [true, false])
    func stepUpOfAuthentication(atProvider: Bool) async throws {
        try await withWorld { world in
            let answer: TokenHandler = { _, _ in
                refusing("insufficient_user_authentication", ["max_age": 5, "acr_values": "strong stronger"])
            }
            if atProvider { world.provider.onExchange(answer) } else { world.authServer.onRedemption(answer) }
            let refusal = try #require(try await world.refusal(world.session()))
            #expect(refusal.reason == .stepUpRequired)
            #expect(refusal.maximumAge == .seconds(5))
            #expect(refusal.authenticationContexts == ["strong", "stronger"])
            #expect(refusal.leg == (atProvider ? .tokenExchange : .jwtBearer))
        }
    }

    @Test(
        "A refused credential concerns all who use it for 30 s, and nobody who uses another one",
        arguments: [true, false]
    )
    func invalidClient(atProvider: Bool) async throws {
        try await withWorld { world in
            if atProvider {
                world.provider.onExchange { _, _ in refusing("invalid_client", status: 401) }
            } else {
                world.authServer.onRedemption { form, _ in
                    // base64 of 'as-client:canary-rotated-secret'.
                    form.authorization == "Basic YXMtY2xpZW50OmNhbmFyeS1yb3RhdGVkLXNlY3JldA=="
                        ? nil : refusing("invalid_client", status: 401)
                }
            }
            let refusal = try await world.refusal(world.session())
            #expect(refusal?.reason == .serverMisconfigured)
            #expect(world.audit.records.last?.errorType == "invalid_client")
            let before = world.legs
            let another = try #require(try await world.refusal(world.session("bob", session: "s2")))
            #expect(another.reason == .serverMisconfigured && another.retryAfter == .seconds(30))
            #expect(world.legs == before)
            if atProvider {
                world.provider.onExchange { _, _ in nil }
                world.clients.rotate("canary-rotated-gateway-secret")
                _ = try await world.token(try world.session())
            } else {
                _ = try await world.token(try world.session(), .todo(version: "2", secret: "canary-rotated-secret"))
            }
        }
    }
}
