// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import TestSupport
import Testing

@testable import OAuth

@Suite("JWT bearer grant")
struct JWTBearerTests {
    private static let endpoint = authorizationServer + "oauth2/token"

    @Test("The request is that of the draft's A.4, byte for byte, with Basic authentication")
    func wire() async throws {
        let peer = ScriptedEndpoint(
            ClientCredential(clientID: "id", authentication: .clientSecretBasic(Redacted("secret"))),
            url: Self.endpoint
        ) { _ in
            answer(
                200,
                #"{"token_type":"Bearer","access_token":"2YotnFZFEjr1zCsicMWpAA","expires_in":86400,"scope":"agent.read agent.write"}"#
            )
        }
        let response = try await peer.send(JWTBearerRequest(assertion: Redacted("eyJhbGciOiJIUzI1NiIsI")).form)
        let request = try #require(peer.client.requests.first)
        #expect(request.method == .post)
        #expect(request.url == "https://authorization-server.saas-tool.example/oauth2/token")
        #expect(
            request.headers.map { "\($0.name): \($0.value)" } == [
                "Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
                "Authorization: Basic aWQ6c2VjcmV0",
            ]
        )
        #expect(
            text(request)
                == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=eyJhbGciOiJIUzI1NiIsI"
        )
        let token = try AccessToken(response, requestedScope: "agent.write agent.read", resource: saasTool)
        #expect(token.token.exposed == "2YotnFZFEjr1zCsicMWpAA")
        #expect(token.lifetime == .seconds(86_400))
        #expect(token.scopes == ["agent.read", "agent.write"])
        #expect(!token.hasUnrequestedScopes)
    }

    @Test("The client's metadata URL as its id stands after the assertion")
    func metadataURL() async throws {
        let peer = ScriptedEndpoint(
            ClientCredential(clientID: "https://client.example.com/client.json", authentication: .none)
        ) { _ in answer(200, #"{"token_type":"Bearer","access_token":"t"}"#) }
        _ = try await peer.send(JWTBearerRequest(assertion: Redacted("a.b.c")).form)
        #expect(
            text(peer.client.requests.first)?.hasSuffix(
                "&assertion=a.b.c&client_id=https%3A%2F%2Fclient.example.com%2Fclient.json"
            ) == true
        )
    }

    @Test("Scope and resource follow the assertion, once each")
    func optional() {
        let request = JWTBearerRequest(assertion: Redacted("a"), scope: "x y", resource: saasTool)
        #expect(request.form.names == ["grant_type", "assertion", "scope", "resource"])
        #expect(
            String(decoding: request.form.encoded(), as: UTF8.self).hasSuffix(
                "&assertion=a&scope=x+y&resource=https%3A%2F%2Fapi.saas-tool.example%2F"
            )
        )
    }

    @Test("The request is sent at most once: the transport may not repeat it (invariant of ID-JAGs)")
    func sentOnce() async throws {
        let peer = ScriptedEndpoint { _ in throw HTTPTransportError(.connectionLost, "lost", mayHaveBeenSent: true) }
        let error = try await peer.failure(JWTBearerRequest(assertion: Redacted("a")).form)
        #expect(peer.client.requests.count == 1)
        #expect(peer.client.requests.allSatisfy { !$0.mayBeResent })
        #expect(error.code == .answerLost)
        #expect(error.remedy(for: .jwtBearer) == .obtainNewAssertion)
        #expect(error.remedy(for: .tokenExchange) == .waitAndRetry(after: nil))
    }

    @Test(
        "W17: Only a bearer token is taken, whatever its case",
        arguments: [
            ("Bearer", true), ("bearer", true), ("DPoP", false), ("mac", false), ("N_A", false),
        ]
    )
    func tokenType(type: String, isAccepted: Bool) throws {
        let response = try tokenResponse(["access_token": "t", "token_type": .string(type)])
        #expect((refusal(response) == nil) == isAccepted)
    }

    private func refusal(
        _ response: TokenResponse,
        scope: String? = nil,
        resource: String? = nil
    ) -> TokenEndpointError? {
        do throws(TokenEndpointError) {
            _ = try AccessToken(response, requestedScope: scope, resource: resource)
            return nil
        } catch { return error }
    }

    @Test("G29, W18: Scopes: narrowed is noted, wider is cut to what was asked for, unsaid is as asked")
    func scopes() throws {
        func scopes(_ granted: String?, asked: String?) throws -> (Set<String>, Bool) {
            var members: JSONObject = ["access_token": "t", "token_type": "Bearer"]
            members["scope"] = granted.map(JSONValue.string)
            let token = try AccessToken(try tokenResponse(members), requestedScope: asked, resource: nil)
            return (token.scopes, token.hasUnrequestedScopes)
        }
        #expect(try scopes("a", asked: "a b") == (["a"], false))
        #expect(try scopes("b  a a", asked: "a b") == (["a", "b"], false))
        #expect(try scopes("a b c", asked: "a b") == (["a", "b"], true))
        #expect(try scopes(nil, asked: "a b") == (["a", "b"], false))
        #expect(try scopes("a b", asked: nil) == (["a", "b"], false))
    }

    @Test(
        "W19: A token for another resource than the one wanted is discarded (RFC 8707 §2.2)",
        arguments: [
            (nil, true), ("https://api.saas-tool.example/", true), (["https://api.saas-tool.example/"], true),
            ("https://api.saas-tool.example", false),
            (["https://api.saas-tool.example/", "https://evil.example/"], false),
            ("https://evil.example/", false),
        ] as [(JSONValue?, Bool)]
    )
    func resource(named: JSONValue?, isAccepted: Bool) throws {
        var members: JSONObject = ["access_token": "t", "token_type": "Bearer"]
        members["resource"] = named
        #expect((refusal(try tokenResponse(members), resource: saasTool) == nil) == isAccepted)
    }

    @Test("An ID-JAG or ID token in place of an access token is refused")
    func issuedType() throws {
        let response = try tokenResponse([
            "access_token": "t", "token_type": "Bearer", "issued_token_type": .string(TokenType.idJAG.rawValue),
        ])
        #expect(refusal(response)?.code == .unexpectedToken)
    }
}
