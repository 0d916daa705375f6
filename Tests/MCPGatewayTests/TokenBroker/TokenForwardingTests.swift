// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Token forwarding")
struct TokenForwardingTests {
    @Test("The server gets the session's own token, byte for byte, and nobody is asked")
    func own() async throws {
        try await withWorld(trust: .withDex) { world in
            let session = try world.session(claims: ["aud": ["sallyport", "backend", "extra"]])
            let token = try await world.token(session, .forwarding(["backend", "extra"]))
            #expect(token.token.exposed == session.idToken.exposed)
            #expect(world.legs == (0, 0) && world.dex.exchanges.isEmpty)
            #expect(world.audit.lines == ["- granted"])
            #expect(token.lifetime < .seconds(3_600))
        }
    }

    @Test(
        "A token that lacks an audience is not sent, and the refusal says which",
        arguments: [
            (["sallyport"], "backend"), (["sallyport", "backend"], "extra"),
        ]
    )
    func audiences(_ audiences: [String], _ missing: String) async throws {
        try await withWorld(trust: .withDex) { world in
            let session = try world.session(claims: ["aud": .array(audiences.map(JSONValue.string))])
            let error = try #require(try await world.refusal(session, .forwarding(["backend", "extra"])))
            #expect(error.reason == .subjectTokenRequired && error.cause == "audience")
            #expect(error.message.contains("'\(missing)'"))
            #expect(world.audit.lines == ["- refused audience"])
        }
    }

    @Test("No server gets a token that the configuration does not name")
    func unlisted() async throws {
        try await withWorld { world in
            let session = try world.session(claims: ["aud": ["sallyport", "backend"]])
            let error = try #require(try await world.refusal(session, .forwarding()))
            #expect(error.reason == .serverMisconfigured && error.cause == "IssuerNotTrusted")
        }
    }

    @Test("A provider that forwards to nobody is not helped by one that does")
    func foreignProvider() async throws {
        var trust = GatewayTrust.withDex
        trust.identityProviders.append(
            GatewayTrust.IdentityProvider(issuer: "https://second.example", bearerAudiences: ["sallyport"])
        )
        try await withWorld(trust: trust) { world in
            let stranger = try world.session(
                claims: ["iss": "https://second.example", "aud": ["sallyport", "backend"]]
            )
            let error = try #require(try await world.refusal(stranger, .forwarding([])))
            #expect(error.reason == .subjectTokenRequired && error.cause == "issuer")
        }
    }

    @Test("An expired token is renewed, and one that cannot be is not sent")
    func expiry() async throws {
        try await withWorld(trust: .withDex) { world in
            let audiences: JSONObject = ["aud": ["sallyport", "backend"]]
            world.provider.onRenewal { [provider = world.provider] _, _ in
                json(
                    200,
                    [
                        "access_token": "unused", "token_type": "Bearer",
                        "id_token": .string(try provider.idToken("alice", audiences).exposed),
                    ]
                )
            }
            let renewable = try world.session(lifetime: .seconds(2), refreshToken: "canary-r", claims: audiences)
            let fixed = try world.session("bob", lifetime: .seconds(2), claims: audiences)
            world.clock.advance(by: .seconds(3))
            let token = try await world.token(renewable, .forwarding())
            #expect(token.token.exposed != renewable.idToken.exposed)
            #expect(world.provider.renewals.count == 1)
            #expect(try await world.refusal(fixed, .forwarding())?.reason == .reauthenticationRequired)
        }
    }

    @Test("A server that refuses the token twice is not sent it again for a while")
    func rejected() async throws {
        try await withWorld(trust: .withDex) { world in
            let session = try world.session(claims: ["aud": ["sallyport", "backend"]])
            let first = try await world.token(session, .forwarding())
            let second = try await world.broker.rejected(
                first,
                for: session,
                route: .forwarding(),
                correlationID: "c"
            )
            await #expect(throws: BrokerError.self) {
                _ = try await world.broker.rejected(second, for: session, route: .forwarding(), correlationID: "c")
            }
            #expect(try await world.refusal(session, .forwarding())?.reason == .upstreamRejectedToken)
        }
    }

    @Test("The audiences take effect at once, with no restart and no other session")
    func changedAudiences() async throws {
        try await withWorld(trust: .withDex) { world in
            let session = try world.session(claims: ["aud": ["sallyport", "backend"]])
            _ = try await world.token(session, .forwarding([]))
            let stricter = VersionedRoute.forwarding(["new"], version: "2")
            world.broker.routeChanged(.team("tools"), to: stricter)
            #expect(try await world.refusal(session, stricter)?.cause == "audience")
            // And a correction as well: what was refused is not remembered for the route as it is now.
            let corrected = VersionedRoute.forwarding(["backend"], version: "3")
            world.broker.routeChanged(.team("tools"), to: corrected)
            _ = try await world.token(session, corrected)
        }
    }
}
