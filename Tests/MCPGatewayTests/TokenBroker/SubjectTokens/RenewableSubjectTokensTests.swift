// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import OAuth
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Renewable subject tokens")
struct RenewableSubjectTokensTests {
    private func renew(
        _ world: BrokerWorld,
        _ session: Session,
        _ type: TokenType = .idToken
    ) async throws -> SubjectToken {
        let subjects = world.broker.subjects
        let token = try #require(subjects.current(session, type))
        return try await subjects.renew(session, replacing: token)
    }

    private func refusal(_ world: BrokerWorld, _ session: Session) async throws -> BrokerError? {
        do {
            _ = try await renew(world, session)
            return nil
        } catch let error as BrokerError { return error }
    }

    @Test("A renewed token replaces the old one, and a rotated refresh token the first")
    func rotation() async throws {
        try await withWorld { world in
            let session = try world.session(refreshToken: "canary-refresh-1")
            world.clock.advance(by: .seconds(1))
            let first = try await renew(world, session)
            #expect(first.token != session.idToken)
            #expect(world.broker.subjects.current(session, .idToken)?.digest == first.digest)
            #expect(world.broker.subjects.current(session, .refreshToken)?.token.exposed == "canary-refresh-2")
            world.clock.advance(by: .seconds(1))
            _ = try await renew(world, session)
            #expect(world.provider.renewals.map { $0["refresh_token"] } == ["canary-refresh-1", "canary-refresh-2"])
        }
    }

    @Test("Many who need one session renewed take one request")
    func sharing() async throws {
        try await withWorld { world in
            let session = try world.session(refreshToken: "canary-refresh-1")
            let token = try #require(world.broker.subjects.current(session, .idToken))
            world.clock.advance(by: .seconds(1))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask { _ = try await world.broker.subjects.renew(session, replacing: token) }
                }
                try await group.waitForAll()
            }
            #expect(world.provider.renewals.count == 1)
        }
    }

    @Test("A session that signed in anew begins with its own refresh token, and a forgotten one with nothing")
    func beginning() async throws {
        try await withWorld { world in
            let session = try world.session(refreshToken: "canary-refresh-1")
            world.clock.advance(by: .seconds(1))
            _ = try await renew(world, session)
            let again = try world.session(refreshToken: "canary-again")
            #expect(world.broker.subjects.current(again, .refreshToken)?.token.exposed == "canary-again")
            world.broker.subjects.forget(session.identity)
            #expect(world.broker.subjects.current(session, .refreshToken)?.token.exposed == "canary-refresh-1")
        }
    }

    @Test(
        "A renewed ID token of somebody else, for somebody else, or signed by somebody else is not taken",
        arguments: [["sub": "mallory"], ["aud": "somebody"], ["iss": "https://other.example"], ["tenant": "t2"]]
            as [JSONObject]
    )
    func somebodyElse(_ claims: JSONObject) async throws {
        try await withWorld { world in
            let session = try world.session(refreshToken: "canary-refresh-1")
            world.provider.onRenewal { [provider = world.provider] _, _ in
                json(
                    200,
                    [
                        "access_token": "a", "token_type": "Bearer",
                        "id_token": .string(try provider.idToken("alice", claims).exposed),
                    ]
                )
            }
            #expect(try await refusal(world, session)?.reason == .reauthenticationRequired)
            #expect(world.broker.subjects.current(session, .idToken)?.token == session.idToken)
            // The control.
            world.provider.onRenewal { _, _ in nil }
            world.clock.advance(by: .seconds(1))
            _ = try await renew(world, session)
        }
    }

    @Test(
        "What the provider says decides between signing in again, coming again, and asking an administrator",
        arguments: [
            ("invalid_grant", 400, .reauthenticationRequired), ("interaction_required", 400, .stepUpRequired),
            ("invalid_client", 401, .serverMisconfigured), ("temporarily_unavailable", 503, .exchangeUnavailable),
        ] as [(String, Int, BrokerError.Reason)]
    )
    func errors(_ error: String, _ status: Int, _ reason: BrokerError.Reason) async throws {
        try await withWorld { world in
            world.provider.onRenewal { _, _ in refusing(error, status: status) }
            let session = try world.session(refreshToken: "canary-refresh-1")
            #expect(try await refusal(world, session)?.reason == reason)
        }
    }

    @Test("A refresh token goes to the endpoint of its own issuer's metadata, whatever a route says")
    func destination() async throws {
        var trust = GatewayTrust.sample
        trust.identityProviders[0].tokenEndpoints = ["https://as.example/other"]
        try await withWorld(trust: trust) { world in
            let session = try world.session(lifetime: .seconds(10), refreshToken: "canary-refresh-1")
            world.clock.advance(by: .seconds(20))
            let route = VersionedRoute.todo { $0.idpTokenEndpoint = "https://as.example/other" }
            _ = try await world.refusal(session, route)
            #expect(world.provider.renewals.count == 1)
            let others = (world.client.requests + world.restrictedClient.requests).filter {
                $0.url != FakeProvider.tokenEndpoint
            }
            #expect(!others.compactMap(SentForm.init).contains { $0["refresh_token"] != nil })
        }
    }
}
