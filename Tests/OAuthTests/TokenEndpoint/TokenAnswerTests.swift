// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import TestSupport
import Testing

@testable import OAuth

/// A row of the table of errors: the code, its status, and what to do in either leg.
struct ErrorRow: Sendable, CustomTestStringConvertible {
    var error: String
    var status: Int
    var first: ExchangeRemedy
    var second: ExchangeRemedy
    var testDescription: String { "\(error) (\(status))" }

    init(_ error: String, _ status: Int, _ first: ExchangeRemedy, _ second: ExchangeRemedy? = nil) {
        self.error = error
        self.status = status
        self.first = first
        self.second = second ?? first
    }

    private static let stepUp = ExchangeRemedy.stepUp(maximumAge: nil, authenticationContexts: [])

    static let all = [
        ErrorRow("invalid_client", 401, .replaceCredential),
        ErrorRow("invalid_client", 400, .replaceCredential),
        ErrorRow("invalid_request", 400, .renewSubjectToken, .misconfigured),
        ErrorRow("invalid_token", 400, .renewSubjectToken, .misconfigured),
        ErrorRow("invalid_grant", 400, .renewSubjectToken, .obtainNewAssertion),
        ErrorRow("invalid_grant", 401, .renewSubjectToken, .obtainNewAssertion),
        ErrorRow("invalid_target", 400, .denied),
        ErrorRow("access_denied", 400, .denied),
        ErrorRow("access_denied", 403, .denied),
        ErrorRow("invalid_scope", 400, .misconfigured),
        ErrorRow("invalid_scope", 403, .misconfigured),
        ErrorRow("unauthorized_client", 400, .misconfigured),
        ErrorRow("unsupported_grant_type", 400, .misconfigured),
        ErrorRow("unsupported_token_type", 400, .misconfigured),
        ErrorRow("use_dpop_nonce", 400, .misconfigured),
        ErrorRow("invalid_dpop_proof", 400, .misconfigured),
        ErrorRow("insufficient_user_authentication", 400, stepUp),
        ErrorRow("interaction_required", 400, stepUp),
        ErrorRow("login_required", 400, stepUp),
        ErrorRow("consent_required", 400, stepUp),
        ErrorRow("server_error", 400, .waitAndRetry(after: nil)),
        ErrorRow("temporarily_unavailable", 400, .waitAndRetry(after: nil)),
        ErrorRow("slow_down", 400, .waitAndRetry(after: nil)),
        ErrorRow("something_new", 400, .misconfigured),
        ErrorRow("INVALID_GRANT", 400, .misconfigured),
        // Overload says nothing of the grant, whatever the body says.
        ErrorRow("invalid_grant", 500, .waitAndRetry(after: nil)),
        ErrorRow("access_denied", 503, .waitAndRetry(after: nil)),
        ErrorRow("invalid_client", 429, .waitAndRetry(after: nil)),
        // An error is one with any status that has a verdict.
        ErrorRow("invalid_grant", 200, .renewSubjectToken, .obtainNewAssertion),
    ]
}

@Suite("Token endpoint answers")
struct TokenAnswerTests {
    private static func failure(_ response: IncomingResponse) async throws -> TokenEndpointError {
        try await ScriptedEndpoint { _ in response }.failure()
    }

    @Test("W13: Every error leads to its remedy", arguments: ErrorRow.all)
    func remedies(row: ErrorRow) async throws {
        let error = try await Self.failure(
            answer(row.status, #"{"error":"\#(row.error)","access_token":"t","token_type":"N_A"}"#)
        )
        #expect(error.remedy(for: .tokenExchange) == row.first)
        #expect(error.remedy(for: .jwtBearer) == row.second)
        #expect(error.status == row.status)
    }

    @Test("No row of the table of errors is missing")
    func complete() {
        #expect(OAuthErrorCode.allCases.count == 19)
    }

    @Test(
        "A step-up says how recent and how strong the sign-in must be (RFC 9470 §3)",
        arguments: [
            (#""max_age":5,"acr_values":"a b""#, Duration.seconds(5), ["a", "b"]),
            (#""max_age":"5""#, .seconds(5), []),
            (#""max_age":0"#, .zero, []),
            (#""max_age":-1"#, nil, []),
            (#""max_age":1e400"#, nil, []),
            (#""max_age":{},"acr_values":7"#, nil, []),
            (#""acr_values":"ok b\u0000d \u00e9""#, nil, ["ok"]),
        ] as [(String, Duration?, [String])]
    )
    func stepUp(members: String, age: Duration?, contexts: [String]) async throws {
        let answered = try await Self.failure(answer(400, #"{"error":"insufficient_user_authentication",\#(members)}"#))
        // A number that no reader can hold makes the whole text unreadable.
        guard answered.code != .malformed else { return #expect(members.contains("1e400")) }
        #expect(answered.remedy(for: .tokenExchange) == .stepUp(maximumAge: age, authenticationContexts: contexts))
    }

    @Test(
        "Retry-After is in seconds and capped; a date counts as absent",
        arguments: [
            ("7", .seconds(7)), ("0", .zero), ("299", .seconds(299)), ("300", .seconds(300)), ("86400", .seconds(300)),
            ("99999999999999999999999", .seconds(300)), ("-1", nil), ("1.5", nil), ("", nil), ("+3", nil),
            ("Wed, 21 Oct 2026 07:28:00 GMT", nil),
        ] as [(String, Duration?)]
    )
    func retryAfter(text: String, expected: Duration?) async throws {
        for (status, body) in [
            (429, "slow"), (503, "<html>"), (500, ""), (400, #"{"error":"temporarily_unavailable"}"#),
        ] {
            let error = try await Self.failure(
                answer(status, body, ["Content-Type": "application/json", "Retry-After": text])
            )
            #expect(error.remedy(for: .jwtBearer) == .waitAndRetry(after: expected))
        }
    }

    @Test(
        "W01, W14, W15, W21: What is no token response is malformed: nothing of it is believed",
        arguments: [
            (200, "<html>canary</html>", "text/html"),
            (200, #"{"access_token":"canary","token_type":"N_A"}"#, "text/html"),
            (200, #"{"access_token":"canary","token_type":"N_A"}"#, nil),
            (200, "", "application/json"), (200, "null", "application/json"), (200, "[]", "application/json"),
            (200, "{}", "application/json"), (200, #"{"access_token":"canary"}"#, "application/json"),
            (200, #"{"token_type":"N_A"}"#, "application/json"),
            (200, #"{"access_token":"","token_type":"N_A"}"#, "application/json"),
            (200, #"{"access_token":7,"token_type":"N_A"}"#, "application/json"),
            (200, #"{"access_token":"canary","token_type":7}"#, "application/json"),
            (200, #"{"access_token":"canary\r\nX: y","token_type":"N_A"}"#, "application/json"),
            (200, #"{"access_token":"canary x","token_type":"N_A"}"#, "application/json"),
            (200, #"{"access_token":"canary","access_token":"b","token_type":"N_A"}"#, "application/json"),
            (200, #"{"access_token":"canary","token_type":"N_A","expires_in":"soon"}"#, "application/json"),
            (200, #"{"access_token":"canary","token_type":"N_A","expires_in":{}}"#, "application/json"),
            (200, #"{"access_token":"canary","token_type":"N_A","scope":["a"]}"#, "application/json"),
            (200, #"{"access_token":"canary","token_type":"N_A","resource":[7]}"#, "application/json"),
            (200, #"{"error":7}"#, "application/json"), (200, #"{"error":null}"#, "application/json"),
            (200, #"{"a":"# + String(repeating: "[", count: 100_000), "application/json"),
            (201, #"{"access_token":"canary","token_type":"N_A"}"#, "application/json"),
            (204, "", "application/json"),
            (302, "", "text/html"), (307, #"{"access_token":"canary","token_type":"N_A"}"#, "application/json"),
            (400, "canary", "text/plain"), (401, "{}", "application/json"), (404, "<html>", "text/html"),
        ] as [(Int, String, String?)]
    )
    func malformed(status: Int, body: String, contentType: String?) async throws {
        var headers: HTTPHeaders = ["Location": "https://evil.example/canary"]
        headers["Content-Type"] = contentType
        let response = answer(status, body, headers)
        let peer = ScriptedEndpoint { _ in response }
        let error = try await peer.failure()
        #expect(error.code == .malformed)
        #expect(error.remedy(for: .tokenExchange) == .misconfigured)
        #expect(!error.message.contains("canary"))
        // A redirect is not followed.
        #expect(peer.client.requests.count == 1)
    }

    @Test(
        "JSON may have parameters and any case, and be of a vendor's kind",
        arguments: [
            "application/json", "Application/JSON;charset=UTF-8", "application/json ; charset=utf-8",
            "application/vnd.example+json",
        ]
    )
    func contentTypes(type: String) async throws {
        let peer = ScriptedEndpoint { _ in
            answer(200, #"{"access_token":"t","token_type":"N_A"}"#, ["Content-Type": type])
        }
        #expect(try await peer.send(.exchange).token.exposed == "t")
    }

    @Test("W21: The longest token is 16 KiB")
    func longToken() throws {
        let longest = String(repeating: "a", count: 16 << 10)
        #expect(try tokenResponse(["access_token": .string(longest), "token_type": "N_A"]).token.exposed == longest)
        #expect(throws: TokenEndpointError.self) {
            try tokenResponse(["access_token": .string(longest + "a"), "token_type": "N_A"])
        }
    }

    @Test("G15: A body above a mebibyte is not read to its end")
    func oversized() async throws {
        let peer = ScriptedEndpoint { _ in
            IncomingResponse(
                status: 200,
                headers: ["Content-Type": "application/json"],
                body: ResponseBody(chunks: Array(repeating: [UInt8](repeating: 0x20, count: 1 << 16), count: 50))
            )
        }
        #expect(try await peer.failure().code == .malformed)
        #expect(peer.client.requests.first?.maximumResponseBody == 1 << 20)
        #expect(peer.client.requests.first?.deadlines.total != nil)
    }

    @Test(
        "G30, W16: Lifetimes are clamped, and a text of digits is one",
        arguments: [
            (300, .seconds(300)), ("3600", .seconds(3_600)), (0, .zero), (-5, .zero), ("-5", .zero), (.null, nil),
            (nil, nil),
            (1_000_000_000_000, .seconds(315_360_000)), (.unsigned(.max), .seconds(315_360_000)),
            (.double(1.9), .seconds(1)),
            (.double(1e300), .seconds(315_360_000)), (.double(-1e300), .zero),
        ] as [(JSONValue?, Duration?)]
    )
    func lifetimes(value: JSONValue?, expected: Duration?) throws {
        var members: JSONObject = ["access_token": "t", "token_type": "Bearer"]
        members["expires_in"] = value
        #expect(try tokenResponse(members).lifetime == expected)
    }

    @Test("W12: A sign-in's answer has an ID token and a refresh token; the exchanges drop the latter")
    func signIn() throws {
        let response = try tokenResponse([
            "access_token": "a", "token_type": "Bearer", "id_token": "i", "refresh_token": "r", "scope": "openid",
        ])
        #expect(response.idToken?.exposed == "i" && response.refreshToken?.exposed == "r")
        var dumped = ""
        dump(try AccessToken(response, requestedScope: nil, resource: nil), to: &dumped)
        #expect(!dumped.contains("r\""))
    }
}
