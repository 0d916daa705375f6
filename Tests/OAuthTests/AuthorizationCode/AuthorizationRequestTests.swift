// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OpenSSL
import Testing

@testable import OAuth

@Suite("Authorization request")
struct AuthorizationRequestTests {
    private static func request(_ endpoint: String = "https://as.example/authorize") -> AuthorizationRequest {
        AuthorizationRequest(
            endpoint: endpoint,
            clientID: "https://gw.example/.well-known/oauth-client.json",
            redirectURI: "https://gw.example/connect/callback",
            scope: "todo.read offline_access",
            state: Redacted("canary-state"),
            codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            resource: "https://mcp.example/todo?a=b&c"
        )
    }

    @Test("The URL is, byte for byte, the one of RFC 6749 §4.1.1 with PKCE and the resource")
    func url() throws {
        #expect(
            try Self.request().url().exposed
                == "https://as.example/authorize?response_type=code"
                + "&client_id=https%3A%2F%2Fgw.example%2F.well-known%2Foauth-client.json"
                + "&redirect_uri=https%3A%2F%2Fgw.example%2Fconnect%2Fcallback&scope=todo.read%20offline_access"
                + "&state=canary-state&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
                + "&code_challenge_method=S256&resource=https%3A%2F%2Fmcp.example%2Ftodo%3Fa%3Db%26c"
        )
    }

    @Test("Without scopes there is no parameter of that name, and the URL does not print")
    func noScope() throws {
        var request = Self.request()
        request.scope = nil
        let url = try request.url()
        #expect(!url.exposed.contains("scope"))
        #expect(!"\(url) \(request) \(String(reflecting: request))".contains("canary"))
    }

    @Test("A query of the endpoint stays (RFC 6749 §3.1)")
    func ownQuery() throws {
        let url = try Self.request("https://as.example/authorize?tenant=a%20b").url().exposed
        #expect(url.hasPrefix("https://as.example/authorize?tenant=a%20b&response_type=code&client_id="))
        #expect(
            try Self.request("https://as.example/a?").url().exposed.hasPrefix("https://as.example/a?response_type=")
        )
    }

    @Test(
        "An endpoint that would say what only the request may say is not used",
        arguments: [
            "https://as.example/a?state=x", "https://as.example/a?x=1&redirect_uri=https://evil.example",
            "https://as.example/a?re%73ource=x", "https://as.example/a?code_challenge_method=plain",
            "https://as.example/a#fragment", "javascript:alert(1)", "",
        ]
    )
    func unusable(endpoint: String) throws {
        let error = try #require(throws: AuthorizationError.self) { try Self.request(endpoint).url() }
        #expect(error.code == .unusableEndpoint)
    }

    @Test("The verifier and its challenge are those of RFC 7636 appendix B")
    func verifier() {
        let bytes: [UInt8] = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ]
        let verifier = CodeVerifier(random: bytes)
        #expect(verifier.text.exposed == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        #expect(verifier.challenge(digest: SHA256.digest) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        #expect(bytes.count == CodeVerifier.byteCount)
        #expect(!"\(verifier)\(String(reflecting: verifier))".contains("dBjf"))
    }

    @Test("Both grants name the resource (RFC 8707 §2.2)")
    func forms() {
        let code = TokenForm.authorizationCode(
            Redacted("c o"),
            redirectURI: "https://gw.example/cb",
            codeVerifier: Redacted("v"),
            resource: "https://mcp.example/todo"
        )
        #expect(
            String(decoding: code.encoded(), as: UTF8.self)
                == "grant_type=authorization_code&code=c+o&redirect_uri=https%3A%2F%2Fgw.example%2Fcb&code_verifier=v"
                + "&resource=https%3A%2F%2Fmcp.example%2Ftodo"
        )
        let refresh = TokenForm.refreshToken(Redacted("r"), resource: "https://mcp.example/todo")
        #expect(
            String(decoding: refresh.encoded(), as: UTF8.self)
                == "grant_type=refresh_token&refresh_token=r&resource=https%3A%2F%2Fmcp.example%2Ftodo"
        )
    }
}
