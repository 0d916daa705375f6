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

@Suite("What a browser brings back", .timeLimit(.minutes(10)))
struct ConnectionCallbackTests {
    @Test("The state says nothing about anybody, is another one each time, and is kept as a digest only")
    func state() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session("alice-who-is-somebody", session: "sid-of-alice")
            let states = try await [world.begin(alice), world.begin(alice)].map {
                FakeConsentServer.parameters($0)["state"] ?? ""
            }
            #expect(Set(states).count == 2)
            for state in states {
                let bytes = try #require(Base64URL.decode(state))
                #expect(bytes.count == 32)
                let readable = String(decoding: bytes, as: UTF8.self)
                for secret in ["alice", "todo", "sid-of", "idp.example", "as.example"] {
                    #expect(!readable.contains(secret) && !state.contains(secret))
                }
                var kept = ""
                _ = world.connections.state.withLockedValue { dump($0, to: &kept) }
                #expect(!kept.contains(state))
            }
        }
    }

    @Test("A state is good once: a code that comes again is not sent anywhere")
    func reuse() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            let url = try await world.begin(alice)
            let query = world.server.consent(to: url)
            #expect(try await world.complete(query, alice) == .team("todo"))
            let again = try await world.refusal(query, alice)
            #expect(again.reason == .connectionInvalid && again.cause == "unknown_state")
            #expect(try await world.refusal(world.server.consent(to: url), alice).cause == "unknown_state")
            #expect(world.server.requests.count == 1)
            #expect(try await world.refusal("state=made-up&code=c", alice).cause == "unknown_state")
        }
    }

    @Test("Another user cannot end what one began: neither gets a token, and the code is not redeemed")
    func foreignUser() async throws {
        try await ConnectionWorld.run { world in
            let (alice, mallory) = (try world.world.session(), try world.world.session("mallory"))
            // Mallory has alice's browser bring back mallory's code, or takes alice's code to himself.
            for (who, other) in [(mallory, alice), (alice, mallory)] {
                let query = world.server.consent(to: try await world.begin(who))
                let refusal = try await world.refusal(query, other)
                #expect(refusal.reason == .connectionInvalid && refusal.cause == "foreign_user")
                #expect(try await world.refusal(query, who).cause == "unknown_state")
            }
            #expect(world.server.requests.isEmpty)
            for user in [alice, mallory] { #expect(try await world.outcome(user) == "none") }
        }
    }

    @Test("The user may come back in another session of the same sign-in provider")
    func otherSession() async throws {
        try await ConnectionWorld.run { world in
            let url = try await world.begin(try world.world.session(session: "laptop"))
            _ = try await world.complete(world.server.consent(to: url), try world.world.session(session: "phone"))
            #expect(try await world.outcome(try world.world.session(session: "third")).hasPrefix("canary-access"))
            #expect(try await world.outcome(try world.world.session("bob")) == "none")
        }
    }

    @Test("After ten minutes nobody comes back")
    func late() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            let query = world.server.consent(to: try await world.begin(alice))
            world.world.clock.advance(by: .seconds(600))
            #expect(try await world.refusal(query, alice).cause == "unknown_state")
            #expect(world.server.requests.isEmpty)
        }
    }

    @Test(
        "An answer of a wrong issuer, or of none where one was promised, is not redeemed (RFC 9207 §2.4)",
        arguments: [
            (true, nil, "missing_issuer"), (true, "https://evil.example", "wrong_issuer"),
            (true, "https://as.example/", "wrong_issuer"), (true, "https://AS.example", "wrong_issuer"),
            (false, "https://evil.example", "wrong_issuer"), (false, "", "wrong_issuer"),
        ] as [(Bool, String?, String)]
    )
    func issuer(isPromised: Bool, issuer: String?, cause: String) async throws {
        try await ConnectionWorld.run { world in
            world.server.change(["authorization_response_iss_parameter_supported": .bool(isPromised)])
            let alice = try world.world.session()
            let query = world.server.consent(to: try await world.begin(alice), [("iss", issuer)])
            let address = isPromised ? ConnectionWorld.redirectURI : ConnectionWorld.ownRedirectURI
            let refusal = try await world.refusal(query, at: address, alice)
            #expect(refusal.reason == .connectionInvalid && refusal.cause == cause)
            #expect(world.server.requests.isEmpty)
            #expect(try await world.refusal(world.server.consent(to: query), alice).reason == .connectionInvalid)
            #expect(world.connections.state.withLockedValue { $0.pendingCount } == 0)
        }
    }

    @Test("A server that promises no issuer may leave it out, at an address of its own (RFC 9700 §4.4)")
    func noIssuer() async throws {
        try await ConnectionWorld.run { world in
            world.server.change(["authorization_response_iss_parameter_supported": .null])
            let alice = try world.world.session()
            let url = try await world.begin(alice)
            #expect(FakeConsentServer.parameters(url)["redirect_uri"] == ConnectionWorld.ownRedirectURI)
            #expect(
                world.server.registrations.first?["redirect_uris"]?[0]?.stringValue == ConnectionWorld.ownRedirectURI
            )
            let query = world.server.consent(to: url, [("iss", nil)])
            #expect(try await world.complete(query, at: ConnectionWorld.ownRedirectURI, alice) == .team("todo"))
            #expect(world.server.requests.first?["redirect_uri"] == ConnectionWorld.ownRedirectURI)
        }
    }

    @Test("An answer that another server sends to its own address, or to the shared one, is not redeemed anywhere")
    func mixUp() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            for server in [world.server, world.other] {
                server.change(["authorization_response_iss_parameter_supported": .null])
            }
            let honest = FakeConsentServer.parameters(try await world.begin(alice))["redirect_uri"]
            world.resource.move(to: "https://other.example")
            for address in [honest, ConnectionWorld.redirectURI] {
                let url = try await world.begin(alice)
                let own = try #require(FakeConsentServer.parameters(url)["redirect_uri"])
                // The other server has alice's browser go to the honest one, with the state that it was sent itself.
                let query = world.server.consent(to: url, [("iss", nil)])
                let refusal = try await world.refusal(query, at: try #require(address), alice)
                #expect(refusal.reason == .connectionInvalid && refusal.cause == "wrong_address")
                #expect(try await world.refusal(query, at: own, alice).cause == "unknown_state")
            }
            #expect(world.server.requests.isEmpty && world.other.requests.isEmpty)
        }
    }

    @Test("A client whose id is a URL has one address, so a server that does not name itself registers another one")
    func noIssuerNoURL() async throws {
        try await ConnectionWorld.run { world in
            world.server.change([
                "authorization_response_iss_parameter_supported": false, "client_id_metadata_document_supported": true,
            ])
            let alice = try world.world.session()
            try await world.connect(alice)
            #expect(world.server.requests.first?["client_id"] == "https://as.example-client-1")
            world.server.onToken { _, _ in refusing("invalid_client", status: 401) }
            let url = try await world.begin(alice)
            _ = try await world.refusal(world.server.consent(to: url), at: ConnectionWorld.ownRedirectURI, alice)
            world.server.onToken { _, _ in nil }
            // The server has forgotten the client, so the gateway forgets it too.
            try await world.connect(alice)
            #expect(world.server.registrations.count == 2)
        }
    }

    @Test("A user who says no is told so, and a server's refusal is told without its words")
    func refused() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            var query = world.server.consent(
                to: try await world.begin(alice),
                [("code", nil), ("error", "access_denied")]
            )
            #expect(try await world.refusal(query, alice).reason == .policyDenied)
            query = world.server.consent(to: try await world.begin(alice), [("code", nil), ("error", "x\ny")])
            let refusal = try await world.refusal(query, alice)
            #expect(refusal.reason == .connectionInvalid && !refusal.message.contains("'x"))
            #expect(world.world.audit.reasons == [.policyDenied, .connectionInvalid])
            // The words are for those who read the records, on one line.
            #expect(world.world.audit.records.last?.detail?.contains("'x y'") == true)
        }
    }

    @Test("A browser that has gone before uses nothing up")
    func goneBrowser() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            let query = world.server.consent(to: try await world.begin(alice))
            let gate = Gate()
            let task = Task {
                await gate.wait()
                return try await world.complete(query, alice)
            }
            task.cancel()
            gate.open()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(world.server.requests.isEmpty)
            #expect(try await world.complete(query, alice) == .team("todo"))
        }
    }

    @Test("A redemption outlives the browser that asked for it")
    func impatientBrowser() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            let query = world.server.consent(to: try await world.begin(alice))
            let gate = Gate()
            world.server.onToken { _, _ in
                await gate.wait()
                return nil
            }
            let task = Task { try await world.complete(query, alice) }
            try await until("the code is on its way") { world.server.requests.count == 1 }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            gate.open()
            try await until("the grant is there") { world.connections.state.withLockedValue { $0.grantCount } == 1 }
        }
    }

    @Test(
        "What the token endpoint answers decides what the user is told",
        arguments: [
            ("invalid_grant", 400, BrokerError.Reason.connectionInvalid), ("invalid_client", 401, .connectionInvalid),
            ("invalid_target", 400, .serverMisconfigured), ("access_denied", 403, .policyDenied),
            ("server_error", 400, .exchangeUnavailable), ("temporarily_unavailable", 503, .exchangeUnavailable),
        ]
    )
    func tokenErrors(error: String, status: Int, reason: BrokerError.Reason) async throws {
        try await ConnectionWorld.run { world in
            world.server.onToken { _, _ in refusing(error, status: status) }
            let alice = try world.world.session()
            let query = world.server.consent(to: try await world.begin(alice))
            #expect(try await world.refusal(query, alice).reason == reason)
            #expect(try await world.outcome(alice) == "none")
            // A client that the server has forgotten is registered anew.
            world.server.onToken { _, _ in nil }
            try await world.connect(alice)
            #expect(world.server.registrations.count == (error == "invalid_client" ? 2 : 1))
        }
    }

    @Test("A token for another resource, or of another kind, is no token")
    func wrongTokens() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            for change in [["resource": "https://evil.example/"], ["token_type": "DPoP"]] as [JSONObject] {
                world.server.onToken { _, _ in
                    var members: JSONObject = ["access_token": "canary-wrong", "token_type": "Bearer"]
                    for (name, value) in change { members[name] = value }
                    return json(200, members)
                }
                let query = world.server.consent(to: try await world.begin(alice))
                #expect(try await world.refusal(query, alice).cause == "unexpected_token")
                #expect(try await world.outcome(alice) == "none")
            }
        }
    }
}
