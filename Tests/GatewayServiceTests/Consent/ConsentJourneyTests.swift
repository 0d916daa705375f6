// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DemoWorld
import HTTPTransport
import JSON
import MCPGateway
import RouteTable
import TestSupport
import Testing

@Suite("Consent over real sockets", .timeLimit(.minutes(10)), .serialized)
struct ConsentJourneyTests {
    @Test("A user consents once, and the server knows who calls; whoever has not consented is told so")
    func journey() async throws {
        try await ConsentWorld.run { world in
            let before = try await world.call("alice")
            #expect(before.status == 403 && before.reason == "ConnectionRequired")
            let alice = try await world.session("alice")
            let url = try await world.begin(alice)
            let query = try await world.consent(url, as: "alice")
            try await world.complete(query, alice)
            #expect(try await world.call("alice").user == "alice")
            #expect(try await world.call("bob").reason == "ConnectionRequired")
            #expect(world.count(.registration) == 1 && world.count(.consentToken) == 1)
            // The same code again, and the same state with another one, come too late.
            #expect(try await world.refusal(query, alice).cause == "unknown_state")
            #expect(try await world.refusal(try await world.consent(url, as: "alice"), alice).cause == "unknown_state")
            #expect(world.count(.consentToken) == 1)
            // What was secret on the way is in no log line.
            let seen = world.logs.lines.joined(separator: "\n")
            let secrets = query.split(separator: "&").filter { !$0.hasPrefix("iss=") }.compactMap {
                $0.split(separator: "=").last
            }
            #expect(secrets.count == 2 && secrets.allSatisfy { !seen.contains($0) })
            #expect(seen.contains("authorization_code") && !seen.contains("eyJ"))
        }
    }

    @Test("A client that somebody registered proves itself and is not registered again")
    func preregistered() async throws {
        let mode: @Sendable (Enterprise, inout RouteAuthentication.AuthorizationCode) -> Void = { enterprise, mode in
            mode.issuer = enterprise.addresses.consentServer
            mode.scopes = ["notes.read", "notes.write"]
            mode.client = RouteClient(
                id: DemoCredentials.consentServerClient,
                method: .clientSecretPost,
                credential: .secret(enterprise.credentials.consentServer.secret),
                source: nil
            )
        }
        try await ConsentWorld.run(mode) { world in
            let alice = try await world.session("alice")
            try await world.complete(try await world.consent(try await world.begin(alice, mode), as: "alice"), alice)
            #expect(try await world.call("alice", tool: "add_note").status == 200)
            #expect(world.count(.registration) == 0 && world.count(.mcpMetadata(.notes)) == 0)
        }
    }

    @Test("Where clients are URLs, the gateway's is that of the document it serves")
    func metadataURL() async throws {
        try await ConsentWorld.run(publicURL: "https://gw.example") { world in
            try world.setFaults(["consent.metadata": ["response": ["client_id_metadata_document_supported": true]]])
            let document = try await world.send(.get, world.gateway + "/.well-known/oauth-client.json")
            #expect(document.status == 200 && document.headers["Cache-Control"] == "max-age=3600")
            let id = try #require(document.json?["client_id"]?.stringValue)
            #expect(id == "https://gw.example/.well-known/oauth-client.json")
            let alice = try await world.session("alice")
            try await world.complete(try await world.consent(try await world.begin(alice), as: "alice"), alice)
            let answer = try await world.call("alice")
            #expect(answer.json?["result"]?["structuredContent"]?["client"]?.stringValue == id)
            #expect(world.count(.registration) == 0)
        }
    }

    @Test(
        "An answer of a wrong issuer, or of none, costs the code",
        arguments: [("missing_issuer", JSONValue.null), ("wrong_issuer", "https://evil.example")]
    )
    func issuer(cause: String, issuer: JSONValue) async throws {
        try await ConsentWorld.run { world in
            try world.setFaults(["consent.authorize": ["response": ["iss": issuer]]])
            let alice = try await world.session("alice")
            let query = try await world.consent(try await world.begin(alice), as: "alice")
            #expect(try await world.refusal(query, alice).cause == cause)
            #expect(world.count(.consentToken) == 0)
            #expect(try await world.call("alice").reason == "ConnectionRequired")
        }
    }

    @Test("Bob's browser cannot end what alice began, nor the other way round")
    func foreignUser() async throws {
        try await ConsentWorld.run { world in
            let (alice, bob) = (try await world.session("alice"), try await world.session("bob"))
            for (who, other) in [(alice, bob), (bob, alice)] {
                let query = try await world.consent(try await world.begin(who), as: "alice")
                #expect(try await world.refusal(query, other).cause == "foreign_user")
            }
            #expect(world.count(.consentToken) == 0)
            for user in ["alice", "bob"] { #expect(try await world.call(user).reason == "ConnectionRequired") }
        }
    }

    @Test(
        "What discovery finds wrong ends it before anybody is asked",
        arguments: [
            ("notes.metadata", ["resource": "https://evil.example/mcp"], "resource_mismatch"),
            ("consent.metadata", ["code_challenge_methods_supported": .null], "no_s256"),
            ("consent.metadata", ["issuer": "https://evil.example"], "discovery"),
            ("consent.metadata", ["registration_endpoint": .null], "no_client"),
        ] as [(String, JSONValue, String)]
    )
    func discovery(endpoint: String, response: JSONValue, cause: String) async throws {
        try await ConsentWorld.run { world in
            try world.setFaults([endpoint: ["response": response]])
            let alice = try await world.session("alice")
            let error = try await #require(throws: BrokerError.self) { _ = try await world.begin(alice) }
            #expect(error.reason == .serverMisconfigured && error.cause == cause)
            #expect(world.count(.registration) == 0 && world.count(.authorize) == 0)
        }
    }

    @Test("A server that moves to another authorization server takes nothing of the old one along")
    func migration() async throws {
        try await ConsentWorld.run { world in
            let alice = try await world.session("alice")
            try await world.complete(try await world.consent(try await world.begin(alice), as: "alice"), alice)
            let other = world.enterprise.addresses.authorizationServer
            try world.setFaults(["notes.metadata": ["response": ["authorization_servers": [.string(other)]]]])
            let error = try await #require(throws: BrokerError.self) { _ = try await world.begin(alice) }
            // That one asks nobody for consent; it was asked who it is, and nothing else.
            #expect(error.cause == "no_s256")
            #expect(world.count(.authorizationServerToken) == 0)
        }
    }

    @Test(
        "A token that the server takes no more is refreshed once, whoever calls; refusing that one too costs no consent"
    )
    func rotation() async throws {
        try await ConsentWorld.run { world in
            let alice = try await world.session("alice")
            try await world.complete(try await world.consent(try await world.begin(alice), as: "alice"), alice)
            #expect(world.enterprise.consentServer.revokeTokens() == 1)
            let users = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<8 { group.addTask { try await world.call("alice").user } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(users.count == 8 && users.allSatisfy { $0 == "alice" })
            #expect(world.count(.consentToken) == 2)
            // A server that takes the new one no more either does not want another one.
            #expect(world.enterprise.consentServer.revokeTokens() == 1)
            #expect(try await world.call("alice").reason == "UpstreamRejectedToken")
            #expect(world.count(.consentToken) == 2)
        }
    }

    @Test("A refresh token that is refused ends the connection, and consenting again begins another one")
    func invalidGrant() async throws {
        try await ConsentWorld.run { world in
            let alice = try await world.session("alice")
            try await world.complete(try await world.consent(try await world.begin(alice), as: "alice"), alice)
            try world.setFaults(["consent.token": ["error": "invalid_grant", "times": 1]])
            _ = world.enterprise.consentServer.revokeTokens()
            #expect(try await world.call("alice").reason == "ConnectionRequired")
            #expect(try await world.call("alice").reason == "ConnectionRequired")
            #expect(world.count(.consentToken) == 2)
            try await world.complete(try await world.consent(try await world.begin(alice), as: "alice"), alice)
            #expect(try await world.call("alice").user == "alice")
        }
    }

    @Test("A user who disconnects is asked again")
    func disconnect() async throws {
        try await ConsentWorld.run { world in
            let alice = try await world.session("alice")
            try await world.complete(try await world.consent(try await world.begin(alice), as: "alice"), alice)
            #expect(try await world.call("alice").status == 200)
            world.connections.disconnect(alice, RouteKey(namespace: "demo", name: "notes"))
            #expect(try await world.call("alice").reason == "ConnectionRequired")
        }
    }
}
