// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import TestSupport
import Testing

@testable import OAuth

@Suite("Token endpoint")
struct TokenEndpointTests {
    @Test(
        "Secrets go to https URLs only",
        arguments: [
            "http://idp.example/token", "HTTP://idp.example/token", "ftp://idp.example", "idp.example/token", "",
            "https://u:p@idp.example/",
            "http://localhost:8080/token", "https://", "https:// x",
        ]
    )
    func insecure(url: String) async throws {
        let peer = ScriptedEndpoint(url: url) { _ in answer(200, "{}") }
        #expect(try await peer.failure().code == .insecureEndpoint)
        #expect(peer.client.requests.isEmpty)
    }

    @Test("A loopback host may speak http where that is allowed")
    func loopback() async throws {
        let client = ScriptedHTTPClient { _ in answer(200, #"{"access_token":"t","token_type":"N_A"}"#) }
        for (url, isAccepted) in [
            ("http://127.0.0.1:1/token", true), ("http://localhost/token", true), ("http://idp.example/token", false),
        ] {
            let endpoint = TokenEndpoint(
                url: url,
                credential: ClientCredential(clientID: "c", authentication: .none),
                client: client,
                allowsLoopbackHTTP: true
            )
            do {
                _ = try await endpoint.send(.exchange, at: testTime, identifier: "j")
                #expect(isAccepted)
            } catch let error as TokenEndpointError {
                #expect(!isAccepted && error.code == .insecureEndpoint)
            }
        }
    }

    @Test(
        "A failure of the transport says whether the grant may be used up",
        arguments: [
            (HTTPTransportError(.connectionFailed, "canary"), TokenEndpointError.Code.unreachable),
            (HTTPTransportError(.nameResolution, "canary"), .unreachable),
            (HTTPTransportError(.tls, "canary"), .unreachable),
            (HTTPTransportError(.addressForbidden, "canary"), .insecureEndpoint),
            (HTTPTransportError(.timedOut, "canary"), .unreachable),
            (HTTPTransportError(.timedOut, "canary", mayHaveBeenSent: true), .answerLost),
            (HTTPTransportError(.connectionLost, "canary", mayHaveBeenSent: true), .answerLost),
            (HTTPTransportError(.bodyTooLarge, "canary", mayHaveBeenSent: true), .malformed),
            (HTTPTransportError(.invalidResponse, "canary", mayHaveBeenSent: true), .malformed),
        ]
    )
    func transport(failure: HTTPTransportError, code: TokenEndpointError.Code) async throws {
        let peer = ScriptedEndpoint { _ in throw failure }
        let error = try await peer.failure()
        #expect(error.code == code)
        #expect(!error.message.contains("canary"))
        #expect(peer.client.requests.count == 1)
    }

    @Test("Cancellation passes through as it is")
    func cancellation() async throws {
        let peer = ScriptedEndpoint { _ in throw CancellationError() }
        await #expect(throws: CancellationError.self) { try await peer.send(.exchange) }
    }

    @Test(
        "No error repeats what was sent as a secret, nor anything that looks like a token",
        arguments: [
            "canary-subject-token.with-parts", "bad token canary-subject-token.with-parts", "canary-subject-token",
            "with-parts",
            "prefix:canary-subject-token!", "Zcanary-subject-tokenZ", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln",
            "s3cr3t-of-client", "sh0rt", "the secret p@ss w/rd! is wrong",
        ]
    )
    func scrubbed(text: String) async throws {
        var form = TokenForm.exchange
        form.add("refresh_token", "sh0rt")
        form.add("code", "p@ss w/rd!")
        for credential in [
            ClientAuthentication.clientSecretBasic(Redacted("s3cr3t-of-client")),
            .clientSecretPost(Redacted("s3cr3t-of-client")),
        ] {
            for member in ["error", "error_description"] {
                let peer = ScriptedEndpoint(ClientCredential(clientID: "c1", authentication: credential)) { _ in
                    answer(
                        400,
                        #"{"error":"invalid_grant","\#(member)":"\#(text)"}"#.replacing(
                            #""error":"invalid_grant","error""#,
                            with: #""error""#
                        )
                    )
                }
                let error = try await peer.failure(form)
                for secret in ["canary-subject", "with-parts", "eyJ", "s3cr3t", "sh0rt", "p@ss", "w/rd"] {
                    #expect(!"\(error)".contains(secret), "\(error)")
                }
                #expect("\(error)".contains("[redacted]"))
            }
        }
    }

    @Test("What a server says is quoted on one line, and cut")
    func quoted() async throws {
        let description = String(repeating: "Audience validation failed. ", count: 50)
        let peer = ScriptedEndpoint { _ in
            answer(400, #"{"error":"invalid_grant","error_description":"'a'\nb\u0007\u202e \#(description)"}"#)
        }
        let message = try await peer.failure().message
        #expect(message.contains("says '’a’ b   Audience validation failed."))
        #expect(message.contains("…'"))
        #expect(message.count < 500)
    }

    @Test("The forms of a sign-in have code and verifier, or the refresh token")
    func signInForms() {
        let code = TokenForm.authorizationCode(
            Redacted("c o"),
            redirectURI: "https://g.example/cb",
            codeVerifier: Redacted("v")
        )
        #expect(
            String(decoding: code.encoded(), as: UTF8.self)
                == "grant_type=authorization_code&code=c+o&redirect_uri=https%3A%2F%2Fg.example%2Fcb&code_verifier=v"
        )
        let refresh = TokenForm.refreshToken(Redacted("r"), scope: "openid")
        #expect(
            String(decoding: refresh.encoded(), as: UTF8.self)
                == "grant_type=refresh_token&refresh_token=r&scope=openid"
        )
        #expect(code.secrets.count == 2 && refresh.secrets.count == 1)
    }
}
