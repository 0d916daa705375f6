// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import OpenSSL
import TestSupport
import Testing

@testable import OAuth

@Suite("Token exchange on the wire")
struct TokenExchangeRequestTests {
    private static let granted = """
        {"issued_token_type":"urn:ietf:params:oauth:token-type:id-jag","access_token":"eyJ.e.s","token_type":"N_A",\
        "scope":"agent.read agent.write","expires_in":300}
        """

    private static func request(_ token: String, _ type: TokenType) -> TokenForm {
        TokenExchangeRequest.idJAG(
            subjectToken: Redacted(token),
            subjectTokenType: type,
            audience: authorizationServer,
            resource: saasTool,
            scope: "agent.read agent.write"
        ).form
    }

    private static let idTokenBody =
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
        + "&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid-jag"
        + "&audience=https%3A%2F%2Fauthorization-server.saas-tool.example%2F"
        + "&resource=https%3A%2F%2Fapi.saas-tool.example%2F&scope=agent.read+agent.write"
        + "&subject_token=eyJraWQiOiJzMTZ0cVNtODhwREo4VGZCXzdrSEtQ"
        + "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token"
    private static let idToken = "eyJraWQiOiJzMTZ0cVNtODhwREo4VGZCXzdrSEtQ"

    @Test("With an ID token and private_key_jwt the request is that of the draft's A.4, byte for byte")
    func privateKeyJWT() async throws {
        let key = try SigningKey(try PrivateKey.make(.rsa(bits: 2_048)), keyID: "22")
        let credential = ClientCredential(
            clientID: "2ec954a1d60620116d36d9ceb7",
            authentication: .privateKeyJWT(key, audience: "https://idp.cyberdyne-corp.example/")
        )
        let peer = ScriptedEndpoint(credential) { _ in answer(200, Self.granted) }
        _ = try await peer.send(Self.request(Self.idToken, .idToken))

        let request = try #require(peer.client.requests.first)
        #expect(request.method == .post)
        #expect(request.url == idp)
        #expect(
            request.headers.map { "\($0.name): \($0.value)" } == [
                "Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
            ]
        )
        let prefix =
            Self.idTokenBody
            + "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion="
        let body = try #require(text(request))
        #expect(body.hasPrefix(prefix))
        // The assertion is RFC 7523 §3's: iss and sub the client, aud one string, a minute, used once.
        let assertion = try UnverifiedJWT(Redacted(String(body.dropFirst(prefix.count))))
        let policy = JWTPolicy(
            issuer: "2ec954a1d60620116d36d9ceb7",
            audiences: ["https://idp.cyberdyne-corp.example/"],
            algorithms: [.rs256],
            leeway: .zero,
            maximumLifetime: .seconds(60),
            requiredClaims: [.subject, .issuedAt, .identifier]
        )
        let claims = try assertion.verified(with: JWKSet(keys: [key.publicKey]), policy: policy, at: testTime)
        #expect(claims.subject == "2ec954a1d60620116d36d9ceb7")
        #expect(claims.members["aud"] == "https://idp.cyberdyne-corp.example/")
        #expect(claims.identifier == "j-1")
        #expect(claims.expiry == testTime.advanced(by: .seconds(60)))
        #expect(assertion.header.keyID == "22")
    }

    @Test("With client_secret_post id and secret follow the same parameters")
    func secretPost() async throws {
        let peer = ScriptedEndpoint(
            ClientCredential(
                clientID: "2ec954a1d60620116d36d9ceb7",
                authentication: .clientSecretPost(Redacted("a26d &=+"))
            )
        ) { _ in answer(200, Self.granted) }
        _ = try await peer.send(Self.request(Self.idToken, .idToken))
        #expect(
            text(peer.client.requests.first) == Self.idTokenBody
                + "&client_id=2ec954a1d60620116d36d9ceb7&client_secret=a26d+%26%3D%2B"
        )
        #expect(peer.client.requests.first?.headers["Authorization"] == nil)
    }

    @Test("With a refresh token only the subject token and its type differ")
    func refreshToken() async throws {
        let peer = ScriptedEndpoint { _ in answer(200, Self.granted) }
        _ = try await peer.send(Self.request("tGzv3JOkF0XG5Qx2TlKWIA", .refreshToken))
        let expected = Self.idTokenBody.replacing(Self.idToken, with: "tGzv3JOkF0XG5Qx2TlKWIA")
            .replacing("token-type%3Aid_token", with: "token-type%3Arefresh_token")
        #expect(text(peer.client.requests.first) == expected + "&client_id=c1")
    }

    @Test("A SAML assertion is exchanged for a refresh token without audience and resource")
    func saml() throws {
        let request = TokenExchangeRequest(
            subjectToken: Redacted("PHNhbWxwOkFzc2VydGlvbi"),
            subjectTokenType: TokenType(rawValue: "urn:ietf:params:oauth:token-type:saml2"),
            requestedTokenType: .refreshToken,
            scope: "openid offline_access email"
        )
        let expected =
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
            + "&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Arefresh_token"
            + "&scope=openid+offline_access+email&subject_token=PHNhbWxwOkFzc2VydGlvbi"
            + "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Asaml2"
        #expect(String(decoding: request.form.encoded(), as: UTF8.self) == expected)
    }

    @Test("Audience and resource are sent as they are written: slash, case and letters")
    func verbatim() {
        let request = TokenExchangeRequest.idJAG(
            subjectToken: Redacted("t"),
            subjectTokenType: .idToken,
            audience: "https://AUTH.example:443/a%2Fb/é",
            resource: "https://mcp.example",
            scope: nil
        )
        let body = String(decoding: request.form.encoded(), as: UTF8.self)
        #expect(body.contains("&audience=https%3A%2F%2FAUTH.example%3A443%2Fa%252Fb%2F%C3%A9&"))
        #expect(body.contains("&resource=https%3A%2F%2Fmcp.example&subject_token"))
        #expect(!body.contains("scope"))
    }

    @Test(
        "Parameters that are missing or empty are left out (RFC 6749 §3.2), and no actor token is sent (RFC 8693 §2.1)"
    )
    func optional() {
        let request = TokenExchangeRequest.idJAG(
            subjectToken: Redacted("t"),
            subjectTokenType: .idToken,
            audience: "a",
            resource: nil,
            scope: ""
        )
        #expect(
            request.form.names == [
                "grant_type", "requested_token_type", "audience", "subject_token", "subject_token_type",
            ]
        )
    }

    @Test("A vendor's parameter is added, and one that would repeat a standard's is none")
    func additional() throws {
        var request = TokenExchangeRequest(
            subjectToken: Redacted("t"),
            subjectTokenType: .idToken,
            requestedTokenType: .accessToken
        )
        request.additionalParameters = [try #require(AdditionalParameter(name: "connector_id", value: "google"))]
        #expect(String(decoding: request.form.encoded(), as: UTF8.self).hasSuffix("id_token&connector_id=google"))
        for name in ["", "audience", "subject_token", "client_id", "actor_token", "grant_type"] {
            #expect(AdditionalParameter(name: name, value: "x") == nil)
        }
    }

    @Test(
        "G17, G18, W02, W03: The answer must say that it is what was asked for, and no access token (RFC 8693 §2.2.1)",
        arguments: [
            ("urn:ietf:params:oauth:token-type:id-jag", "N_A", true, true),
            ("urn:ietf:params:oauth:token-type:id-jag", "n_a", true, true),
            ("urn:ietf:params:oauth:token-type:id-jag", "Bearer", false, true),
            ("urn:ietf:params:oauth:token-type:id-jag", "bearer", false, true),
            ("urn:ietf:params:oauth:token-type:id-jag", "DPoP", false, false),
            ("urn:ietf:params:oauth:token-type:id-jag", "mac", false, false),
            ("urn:ietf:params:oauth:token-type:access_token", "N_A", false, false),
            ("urn:ietf:params:oauth:token-type:access_token", "Bearer", false, false),
            ("urn:ietf:params:oauth:token-type:jwt", "N_A", false, false),
            ("urn:ietf:params:oauth:token-type:ID-JAG", "N_A", false, false),
            (nil, "N_A", false, false),
        ] as [(String?, String, Bool, Bool)]
    )
    func issuedType(issued: String?, tokenType: String, strict: Bool, lenient: Bool) throws {
        var members: JSONObject = ["access_token": "t", "token_type": .string(tokenType)]
        members["issued_token_type"] = issued.map(JSONValue.string)
        let response = try tokenResponse(members)
        for (isLenient, isAccepted) in [(false, strict), (true, lenient)] {
            var code: TokenEndpointError.Code?
            do throws(TokenEndpointError) {
                try response.checkExchange(for: .idJAG, isLenient: isLenient)
            } catch { code = error.code }
            #expect(code == (isAccepted ? nil : .unexpectedToken))
        }
    }

    @Test("An access token from a plain exchange is a bearer token")
    func accessToken() throws {
        for issued in [TokenType.accessToken, .jwt] {
            let response = try tokenResponse([
                "access_token": "t", "token_type": "bearer", "issued_token_type": .string(issued.rawValue),
            ])
            #expect(throws: Never.self) { try response.checkExchange(for: .accessToken) }
        }
    }
}
