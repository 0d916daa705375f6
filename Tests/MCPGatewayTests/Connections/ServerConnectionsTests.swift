// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import NIOConcurrencyHelpers
import OAuth
import OpenSSL
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Connecting users to servers", .timeLimit(.minutes(10)))
struct ServerConnectionsTests {
    private func text(_ request: OutgoingRequest) -> String {
        guard case .bytes(let bytes) = request.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("From nothing but the server's URL to a token: every request, byte for byte")
    func registered() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            #expect(try await world.token(alice) == nil)
            let url = try await world.begin(alice)
            let asked = FakeConsentServer.parameters(url)
            let challenge = try #require(asked["code_challenge"])
            let state = try #require(asked["state"])
            #expect(Base64URL.decode(state)?.count == 32)
            #expect(
                url == "https://as.example/authorize?response_type=code"
                    + "&client_id=https%3A%2F%2Fas.example-client-1"
                    + "&redirect_uri=https%3A%2F%2Fgw.example%2Fconnect%2Fcallback&state=\(state)"
                    + "&code_challenge=\(challenge)&code_challenge_method=S256"
                    + "&resource=https%3A%2F%2Fmcp.example%2Ftodo"
            )
            #expect(try await world.complete(world.server.consent(to: url), alice) == .team("todo"))
            #expect(try await world.outcome(alice) == "canary-access-3-0123456789")
            let requests = world.client.requests
            #expect(
                requests.map { "\($0.method) \($0.url)" } == [
                    "POST https://mcp.example/todo",
                    "GET https://mcp.example/.well-known/oauth-protected-resource/todo",
                    "GET https://as.example/.well-known/oauth-authorization-server",
                    "POST https://as.example/register", "POST https://as.example/token",
                ]
            )
            #expect(text(requests[0]) == #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
            #expect(
                text(requests[3])
                    == #"{"client_name":"Sallyport","redirect_uris":["https://gw.example/connect/callback"],"#
                    + #""grant_types":["authorization_code","refresh_token"],"response_types":["code"],"#
                    + #""token_endpoint_auth_method":"none","application_type":"web"}"#
            )
            let form = try #require(world.server.requests.first)
            let verifier = try #require(form["code_verifier"])
            #expect(Base64URL.encode(SHA256.digest(Array(verifier.utf8))) == challenge)
            #expect(
                text(requests[4])
                    == "grant_type=authorization_code&code=canary-code-1-0123456789"
                    + "&redirect_uri=https%3A%2F%2Fgw.example%2Fconnect%2Fcallback&code_verifier=\(verifier)"
                    + "&resource=https%3A%2F%2Fmcp.example%2Ftodo&client_id=https%3A%2F%2Fas.example-client-1"
            )
            // Only a token endpoint sees anything that is secret, and nothing but a token endpoint an Authorization.
            #expect(requests.allSatisfy { $0.headers["Authorization"] == nil && $0.headers["Cookie"] == nil })
            #expect(requests.allSatisfy { !$0.mayBeResent || $0.method == .get })
            // All of it obeyed the egress policy: nothing went through the client for URLs from the configuration.
            #expect(world.world.client.requests.allSatisfy { $0.url.hasPrefix("https://idp.example/") })
        }
    }

    @Test("A server that reads clients' metadata gets a URL for an id, and nobody is registered")
    func metadataURL() async throws {
        try await ConnectionWorld.run { world in
            world.server.change(["client_id_metadata_document_supported": true])
            let alice = try world.world.session()
            let asked = FakeConsentServer.parameters(try await world.begin(alice))
            #expect(asked["client_id"] == "https://gw.example/.well-known/oauth-client.json")
            try await world.connect(alice)
            #expect(world.server.registrations.isEmpty)
            #expect(world.server.requests.last?["client_id"] == "https://gw.example/.well-known/oauth-client.json")
        }
        // Nobody could read it safely, or at all, where the gateway is not reached over https.
        try await ConnectionWorld.run(publicURL: "http://127.0.0.1:8080") { world in
            world.server.change(["client_id_metadata_document_supported": true])
            _ = try await world.begin(try world.world.session())
            #expect(world.server.registrations.count == 1)
            #expect(world.server.registrations.first?["application_type"] == "native")
        }
    }

    @Test("A client that somebody registered proves itself, and its secret may be rotated")
    func preregistered() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            try await world.connect(alice, .preregistered())
            let pair = Base64.encode(Array("by-hand:canary-client-secret-77".utf8))
            #expect(world.server.requests.last?.authorization == "Basic \(pair)")
            #expect(world.server.requests.last?["client_id"] == nil)
            #expect(world.server.registrations.isEmpty)
            // The resource names the issuer, so the server is not asked who its own is.
            #expect(try world.sent(to: "mcp.example").map(\.url) == ["https://mcp.example/todo"])
            world.world.clock.advance(by: .seconds(700))
            let rotated = VersionedRoute.preregistered(.clientSecretPost, secret: "canary-rotated-secret-88")
            #expect(try await world.outcome(alice, rotated).hasPrefix("canary-access"))
            #expect(world.server.requests.last?["client_secret"] == "canary-rotated-secret-88")
            #expect(world.server.requests.last?.authorization == nil)
        }
    }

    @Test("Who comes back after a rotation is connected with the new secret")
    func rotatedMeanwhile() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            let url = try await world.begin(alice, .preregistered())
            let rotated = VersionedRoute.preregistered(secret: "canary-rotated-secret-88")
            world.connections.routeChanged(.team("todo"), to: rotated)
            #expect(try await world.complete(world.server.consent(to: url), alice) == .team("todo"))
            let pair = Base64.encode(Array("by-hand:canary-rotated-secret-88".utf8))
            #expect(world.server.requests.last?.authorization == "Basic \(pair)")
        }
    }

    @Test("A client with a key proves itself by an assertion for the issuer")
    func privateKey() async throws {
        try await ConnectionWorld.run { world in
            let key = try PrivateKey.makeP256().pem()
            let route = VersionedRoute.consenting { mode in
                mode.issuer = "https://as.example"
                mode.client = RouteClient(
                    id: "by-hand",
                    method: .privateKeyJWT,
                    credential: .privateKey(Redacted(key), keyID: nil),
                    source: nil
                )
            }
            try await world.connect(try world.world.session(), route)
            let assertion = try #require(world.server.requests.first?["client_assertion"])
            let claims = try UnverifiedJWT(Redacted(assertion)).claims
            #expect(claims.audiences == ["https://as.example"] && claims.subject == "by-hand")
            #expect(world.server.registrations.isEmpty)
        }
    }

    @Test("A client's secret goes nowhere unless the resource says to which issuer")
    func clientWithoutIssuer() async throws {
        try await ConnectionWorld.run { world in
            let refusal = try await world.refusalToBegin(try world.world.session(), .preregistered(issuer: nil))
            #expect(refusal?.cause == "no_issuer")
            #expect(world.server.requests.isEmpty)
        }
    }

    @Test("A server that registers nobody says what to do")
    func noClient() async throws {
        try await ConnectionWorld.run { world in
            world.server.change(["registration_endpoint": .null])
            let refusal = try #require(try await world.refusalToBegin(try world.world.session()))
            #expect(refusal.reason == .serverMisconfigured && refusal.cause == "no_client")
            #expect(refusal.message.contains("'\(ConnectionWorld.redirectURI)'"))
        }
        try await ConnectionWorld.run { world in
            world.server.change([
                "registration_endpoint": .null, "authorization_response_iss_parameter_supported": .null,
            ])
            let refusal = try #require(try await world.refusalToBegin(try world.world.session()))
            #expect(refusal.message.contains("'\(ConnectionWorld.ownRedirectURI)'"))
        }
    }

    @Test("However many begin at once, the gateway registers once; another server gets another client")
    func registersOnce() async throws {
        try await ConnectionWorld.run { world in
            world.server.onRegistration { _ in
                for _ in 0..<50 { await Task.yield() }
                return nil
            }
            let users = try (0..<20).map { try world.world.session("user-\($0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for user in users { group.addTask { _ = try await world.begin(user) } }
                try await group.waitForAll()
            }
            #expect(world.server.registrations.count == 1)
            #expect(world.world.audit.lines.filter { $0.hasSuffix("granted") }.count == 1)
            world.resource.move(to: "https://other.example")
            _ = try await world.begin(users[0])
            #expect(world.server.registrations.count == 1 && world.other.registrations.count == 1)
        }
    }

    @Test("Each server has a client of its own, at the same issuer too: what becomes of one does not touch the other's")
    func ownClients() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            let first = VersionedRoute.consenting { ($0.issuer, $0.scopes) = ("https://as.example", ["x"]) }
            var route = first.route
            route.key = .team("second")
            let second = VersionedRoute(route: route, version: "1")
            func client(_ route: VersionedRoute) async throws -> String? {
                FakeConsentServer.parameters(try await world.begin(alice, route))["client_id"]
            }
            #expect(try await client(first) == "https://as.example-client-1")
            #expect(try await client(second) == "https://as.example-client-2")
            world.server.onToken { form, _ in
                form["client_id"] == "https://as.example-client-2" ? refusing("invalid_client", status: 401) : nil
            }
            _ = try await world.refusal(world.server.consent(to: try await world.begin(alice, second)), alice)
            #expect(try await client(second) == "https://as.example-client-3")
            #expect(try await client(first) == "https://as.example-client-1")
            world.connections.routeChanged(.team("second"), to: nil)
            #expect(try await client(second) == "https://as.example-client-4")
            #expect(try await client(first) == "https://as.example-client-1")
        }
    }

    @Test("A registration that failed is not tried again at once, and one whose secret ended is made anew")
    func registrationFailures() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            world.server.onRegistration { $0 == 1 ? refusing("invalid_redirect_uri") : nil }
            #expect(try await world.refusalToBegin(alice)?.cause == "registration_refused")
            #expect(try await world.refusalToBegin(alice)?.cause == "registration_refused")
            #expect(world.server.registrations.count == 1)
            world.world.clock.advance(by: ConnectionClients.pause)
            let end = world.world.now.advanced(by: .seconds(60)).seconds
            world.server.onRegistration { number in
                json(
                    201,
                    [
                        "client_id": .string("c\(number)"), "client_secret": "canary-registered",
                        "client_secret_expires_at": .integer(end),
                    ]
                )
            }
            for _ in 0..<2 { _ = try await world.begin(alice) }
            #expect(world.server.registrations.count == 2)
            world.world.clock.advance(by: .seconds(60))
            #expect(FakeConsentServer.parameters(try await world.begin(alice))["client_id"] == "c3")
        }
    }

    @Test("An authorization server that a server moves to never sees what belongs to the one before")
    func migration() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            try await world.connect(alice)
            let old = try #require(try await world.token(alice))
            world.resource.move(to: "https://other.example")
            // The server takes the old tokens no more: one refresh where they came from, and the user has to connect again.
            let next = try await world.connections.rejected(
                old,
                for: alice,
                route: .consenting(),
                correlationID: "c"
            )
            let refusal = try await #require(throws: BrokerError.self) {
                _ = try await world.connections.rejected(next, for: alice, route: .consenting(), correlationID: "c")
            }
            #expect(refusal.reason == .upstreamRejectedToken)
            try await world.connect(alice, at: world.other)
            #expect(try await world.outcome(alice).hasPrefix("canary-access"))
            #expect(world.other.registrations.count == 1)
            for request in try world.sent(to: "other.example") {
                #expect(!text(request).contains("as.example-client") && !text(request).contains("canary-refresh"))
                #expect(!request.url.contains("as.example-client") && request.headers["Authorization"] == nil)
            }
            #expect(world.server.requests.count == 2)
        }
    }

    @Test("A server that demands more scopes has its users asked for both, three times at most")
    func stepUp() async throws {
        try await ConnectionWorld.run { world in
            let alice = try world.world.session()
            world.resource.challenge("Bearer scope=\"todo.read\"")
            try await world.connect(alice)
            let demanded = { (scope: String) in
                world.connections.demanded([scope], of: alice, route: .consenting(), correlationID: "c").reason
            }
            #expect(demanded("todo.write") == .connectionRequired)
            #expect(FakeConsentServer.parameters(try await world.begin(alice))["scope"] == "todo.read todo.write")
            #expect(demanded("a") == .connectionRequired && demanded("b") == .connectionRequired)
            #expect(demanded("c") == .insufficientScope)
            // What the user has stays good meanwhile.
            #expect(try await world.outcome(alice).hasPrefix("canary-access"))
            // A scope that the authorization server does not know is asked for once, and keeps nobody out.
            let query = world.server.consent(
                to: try await world.begin(alice),
                [("code", nil), ("error", "invalid_scope")]
            )
            #expect(try await world.refusal(query, alice).reason == .connectionInvalid)
            #expect(FakeConsentServer.parameters(try await world.begin(alice))["scope"] == "todo.read")
        }
    }
}
