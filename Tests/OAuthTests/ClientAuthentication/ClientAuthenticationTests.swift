// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import OpenSSL
import TestSupport
import Testing

@testable import OAuth

@Suite("Client authentication")
struct ClientAuthenticationTests {
    private static let granted = #"{"access_token":"t","token_type":"Bearer"}"#

    @Test(
        "Id and secret are form-encoded before Base64 (RFC 6749 §2.3.1)",
        arguments: [
            ("id", "secret", "id:secret"), ("a:b", "c:d", "a%3Ab:c%3Ad"), ("a b", "%+/=&", "a+b:%25%2B%2F%3D%26"),
            ("https://client.example/c.json", "ü", "https%3A%2F%2Fclient.example%2Fc.json:%C3%BC"), ("id", "", "id:"),
        ]
    )
    func basic(clientID: String, secret: String, pair: String) async throws {
        let peer = ScriptedEndpoint(
            ClientCredential(clientID: clientID, authentication: .clientSecretBasic(Redacted(secret)))
        ) { _ in answer(200, Self.granted) }
        _ = try await peer.send(.exchange)
        let request = try #require(peer.client.requests.first)
        #expect(request.headers["Authorization"] == "Basic \(Base64.encode(Array(pair.utf8)))")
        // One method and no second (RFC 6749 §2.3).
        let body = try #require(text(request))
        #expect(!body.contains("client_"))
    }

    @Test("A public client sends its id and nothing else")
    func none() async throws {
        let peer = ScriptedEndpoint { _ in answer(200, Self.granted) }
        _ = try await peer.send(.exchange)
        let request = try #require(peer.client.requests.first)
        #expect(text(request)?.hasSuffix("&client_id=c1") == true)
        #expect(request.headers["Authorization"] == nil)
    }

    @Test(
        "The audience of an assertion is what was configured: the issuer or the token endpoint",
        arguments: [
            "https://idp.cyberdyne-corp.example/", "https://idp.cyberdyne-corp.example/oauth2/token",
        ]
    )
    func assertionAudience(audience: String) async throws {
        let key = try SigningKey(try PrivateKey.make(.ellipticCurve(.p256)))
        let peer = ScriptedEndpoint(
            ClientCredential(clientID: "c1", authentication: .privateKeyJWT(key, audience: audience))
        ) { _ in answer(200, Self.granted) }
        _ = try await peer.send(.exchange)
        let body = try #require(text(peer.client.requests.first))
        let assertion = try #require(body.split(separator: "&").last?.split(separator: "=").last)
        let token = try UnverifiedJWT(Redacted(String(assertion)))
        #expect(token.claims.audiences == [audience])
        #expect(token.header.keyID == nil)
        #expect(token.header.type == "JWT")
    }

    @Test("Nothing that holds a credential prints it")
    func redaction() throws {
        let key = try SigningKey(try PrivateKey.make(.ed25519))
        let credentials = [
            ClientAuthentication.clientSecretBasic(Redacted("canary")), .clientSecretPost(Redacted("canary")),
            .privateKeyJWT(key, audience: "a"), .none,
        ].map { ClientCredential(clientID: "c1", authentication: $0) }
        var printed = ""
        for credential in credentials {
            dump(credential, to: &printed)
            printed += "\(credential)"
            var form = TokenForm.exchange
            var headers: HTTPHeaders = [:]
            try credential.authenticate(&form, &headers, at: testTime, identifier: "j")
            dump(form, to: &printed)
            printed += "\(form)"
        }
        #expect(!printed.contains("canary"))
        #expect(
            credentials.map(\.authentication.name) == [
                "client_secret_basic", "client_secret_post", "private_key_jwt", "none",
            ]
        )
    }
}
