// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

/// A rotated secret is used at once; the one before stands in for a minute where the server does not know it yet.
@Suite("Credential fallback")
struct CredentialFallbackTests {
    /// A server that takes one secret and no other.
    private static func accepting(_ secret: String) -> TokenHandler {
        { form, _ in
            form.authorization == basic("as-client", secret) ? nil : refusing("invalid_client", status: 401)
        }
    }

    @Test("Leg 2: the old secret stands in with a new ID-JAG, and it is reported")
    func secondLeg() async throws {
        try await withWorld { world in
            _ = try await world.token(try world.session())
            world.authServer.onRedemption(Self.accepting(VersionedRoute.authServerSecret))
            let rotated = VersionedRoute.todo(version: "2", secret: "canary-new-secret")
            world.broker.routeChanged(.team("todo"), to: rotated)
            _ = try await world.token(try world.session(), rotated)
            #expect(world.legs == (3, 3))
            #expect(world.authServer.replays == 0)
            #expect(world.audit.records.last?.detail?.contains("does not know the client's new credential") == true)
            #expect(world.metrics.sum("token_exchange_credential_fallbacks_total") == 1)
        }
    }

    @Test("The new secret is used at once where the server knows it, and the old one never again")
    func known() async throws {
        try await withWorld { world in
            _ = try await world.token(try world.session())
            world.authServer.onRedemption(Self.accepting("canary-new-secret"))
            let rotated = VersionedRoute.todo(version: "2", secret: "canary-new-secret")
            world.broker.routeChanged(.team("todo"), to: rotated)
            _ = try await world.token(try world.session(), rotated)
            #expect(world.legs == (2, 2))
            #expect(world.metrics.sum("token_exchange_credential_fallbacks_total") == 0)
        }
    }

    @Test("After a minute the old secret is gone")
    func ended() async throws {
        try await withWorld { world in
            _ = try await world.token(try world.session())
            world.authServer.onRedemption(Self.accepting(VersionedRoute.authServerSecret))
            let rotated = VersionedRoute.todo(version: "2", secret: "canary-new-secret")
            world.broker.routeChanged(.team("todo"), to: rotated)
            _ = try await world.token(try world.session(), rotated)
            world.clock.advance(by: .seconds(50))
            // Planned so shortly before the end that the plan itself is still good afterwards.
            let replanned = VersionedRoute.todo(version: "3", secret: "canary-new-secret")
            _ = try await world.token(try world.session("carol"), replanned)
            world.clock.advance(by: .seconds(11))
            let error = try #require(try await world.refusal(try world.session("bob"), replanned))
            #expect(error.reason == .serverMisconfigured && error.cause == "invalid_client")
            // What is remembered of the new secret does not outlive the next one.
            let again = VersionedRoute.todo(version: "4", secret: VersionedRoute.authServerSecret)
            world.broker.routeChanged(.team("todo"), to: again)
            #expect(try await world.refusal(try world.session("bob"), again) == nil)
        }
    }

    @Test("Leg 1: the gateway's own rotated secret falls back as well")
    func firstLeg() async throws {
        try await withWorld { world in
            _ = try await world.token(try world.session())
            world.provider.onExchange { form, _ in
                form.authorization == basic("sallyport", "canary-gateway-secret-5555")
                    ? nil : refusing("invalid_client", status: 401)
            }
            world.clients.rotate("canary-gateway-secret-new")
            _ = try await world.token(try world.session("bob"))
            #expect(world.legs == (3, 2))
            #expect(world.metrics.sum("token_exchange_credential_fallbacks_total") == 1)
        }
    }

    @Test("A server that is used for the first time keeps nobody from the credential of before")
    func firstUse() async throws {
        try await withWorld { world in
            _ = try await world.token(try world.session(), .todo("known"))
            world.provider.onExchange { form, _ in
                form.authorization == basic("sallyport", "canary-gateway-secret-5555")
                    ? nil : refusing("invalid_client", status: 401)
            }
            world.clients.rotate("canary-gateway-secret-new")
            #expect(try await world.refusal(try world.session("bob"), .todo("new"))?.cause == "invalid_client")
            _ = try await world.token(try world.session("carol"), .todo("known"))
        }
    }

    @Test("Another client is no older version of this one")
    func otherClient() async throws {
        try await withWorld { world in
            _ = try await world.token(try world.session())
            world.provider.onExchange { form, number in
                number > 1 ? refusing("invalid_client", status: 401) : nil
            }
            let other = VersionedRoute.todo(version: "2", ownClient: true)
            world.broker.routeChanged(.team("todo"), to: other)
            #expect(try await world.refusal(try world.session(), other)?.cause == "invalid_client")
            #expect(world.legs.exchanges == 2)
        }
    }
}
