// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OpenSSL
import Testing

@testable import JOSE

@Suite("JWT policy")
struct JWTPolicyTests {
    private static let issuer = "https://idp.example"
    private static let now: Int64 = 1_900_000_000
    private static let base: JSONObject = [
        "iss": "https://idp.example", "sub": "u1", "aud": "gateway", "exp": .integer(now + 300), "iat": .integer(now),
    ]

    /// What a policy makes of claims; `nil` is that it accepts them.
    private static func judge(
        _ changes: JSONObject = [:],
        without removed: [String] = [],
        at seconds: Int64 = now,
        type: String? = "JWT",
        _ change: (inout JWTPolicy) -> Void = { _ in }
    ) throws -> TokenError? {
        var claims = base
        for (name, value) in changes { claims[name] = value }
        for name in removed { claims[name] = nil }
        var policy = JWTPolicy(issuer: issuer, audiences: ["gateway"])
        change(&policy)
        let key = try SigningKey(try PrivateKey.make(.ed25519), keyID: "k")
        let token = try UnverifiedJWTResult { () throws -> UnverifiedJWT in
            try UnverifiedJWT(try JWTSigner(key: key, type: type).sign(claims))
        }
        switch token {
        case .refused(let error): return error
        case .read(let token):
            do throws(TokenError) {
                _ = try token.verified(
                    with: JWKSet(keys: [key.publicKey]),
                    policy: policy,
                    at: NumericDate(seconds: seconds)
                )
                return nil
            } catch { return error }
        }
    }

    private enum UnverifiedJWTResult {
        case read(UnverifiedJWT)
        case refused(TokenError)

        init(_ read: () throws -> UnverifiedJWT) throws {
            do { self = .read(try read()) } catch let error as TokenError { self = .refused(error) }
        }
    }

    @Test("A right token is accepted")
    func accepted() throws {
        #expect(try Self.judge() == nil)
        #expect(try Self.judge(type: nil) == nil)
        #expect(try Self.judge(["aud": ["other", "gateway"]]) == nil)
        #expect(
            try Self.judge(["aud": ["gateway"], "nbf": .double(1_899_999_999.5), "exp": .double(1_900_000_010.25)])
                == nil
        )
    }

    @Test(
        "Issuer and audience are compared byte for byte",
        arguments: [
            "https://idp.example/", "https://IDP.example", "https://idp.example:443", "https://idp.exampl",
            " https://idp.example", "idp.example",
        ]
    )
    func wrongIssuer(issuer: String) throws {
        #expect(try Self.judge(["iss": .string(issuer)])?.code == .wrongIssuer)
        #expect(try Self.judge { $0.issuer = issuer }?.code == .wrongIssuer)
        #expect(
            try Self.judge(["aud": .string(issuer)]) { $0.audiences = [Self.issuer, "gateway"] }?.code == .wrongAudience
        )
    }

    @Test("Another spelling of the same letter is another issuer and another audience")
    func spelling() throws {
        let (composed, decomposed) = ("https://idp.example/\u{E9}", "https://idp.example/e\u{301}")
        #expect(composed == decomposed)
        #expect(try Self.judge(["iss": .string(composed)]) { $0.issuer = decomposed }?.code == .wrongIssuer)
        #expect(try Self.judge(["aud": .string(composed)]) { $0.audiences = [decomposed] }?.code == .wrongAudience)
        #expect(try Self.judge(["nonce": .string(composed)]) { $0.nonce = decomposed }?.code == .wrongNonce)
    }

    @Test("Claims that are needed and missing are named", arguments: ["iss", "sub", "aud", "exp", "iat"])
    func missing(name: String) throws {
        #expect(try Self.judge(without: [name]) == TokenError(.missingClaim, ClaimName(rawValue: name)))
    }

    @Test("A policy that asks for an age or a lifetime asks for iat")
    func issuedAtNeeded() throws {
        #expect(try Self.judge(without: ["iat"]) { $0.requiredClaims = [] } == nil)
        for change in [{ $0.maximumAge = .seconds(1) }, { $0.maximumLifetime = .seconds(1) }]
            as [(inout JWTPolicy) -> Void]
        {
            let error = try Self.judge(without: ["iat"]) { policy in
                policy.requiredClaims = []
                change(&policy)
            }
            #expect(error == TokenError(.missingClaim, .issuedAt))
        }
    }

    @Test(
        "Claims of wrong types are refused, null among them",
        arguments: [
            ("iss", 7), ("iss", ""), ("iss", .null), ("sub", .array([])), ("sub", ""), ("aud", .array([])), ("aud", 7),
            ("aud", [7]),
            ("aud", ["gateway", 7]), ("aud", ""), ("aud", [""]), ("aud", .null), ("exp", "1900000300"), ("exp", .null),
            ("exp", -1),
            ("exp", .double(1e300)), ("exp", .double(-0.5)), ("exp", .unsigned(.max)), ("exp", .integer(.max)),
            ("exp", true), ("nbf", "x"),
            ("iat", .double(1e18)), ("jti", 7), ("azp", ["a"]), ("sid", 7), ("auth_time", "x"), ("acr", 1),
            ("amr", "pwd"), ("amr", [1]), ("nonce", .null),
        ] as [(String, JSONValue)]
    )
    func malformed(name: String, value: JSONValue) throws {
        #expect(try Self.judge([name: value]) == TokenError(.malformedClaim, ClaimName(rawValue: name)))
    }

    @Test("An array of too many audiences is refused")
    func manyAudiences() throws {
        let audiences = [JSONValue](repeating: "gateway", count: Claims.elementLimit)
        #expect(try Self.judge(["aud": .array(audiences)]) == nil)
        #expect(try Self.judge(["aud": .array(audiences + ["x"])])?.code == .malformedClaim)
    }

    @Test("Times are judged with the leeway and not beyond it")
    func times() throws {
        #expect(try Self.judge(at: Self.now + 300 + 29) == nil)
        #expect(try Self.judge(at: Self.now + 300 + 30) == TokenError(.expired, .expiry))
        #expect(try Self.judge(at: Self.now + 300) { $0.leeway = .zero } == TokenError(.expired, .expiry))
        #expect(try Self.judge(at: Self.now + 299) { $0.leeway = .zero } == nil)
        #expect(try Self.judge(["iat": .integer(Self.now + 30)]) == nil)
        #expect(try Self.judge(["iat": .integer(Self.now + 31)]) == TokenError(.notYetValid, .issuedAt))
        #expect(try Self.judge(["nbf": .integer(Self.now + 30)]) == nil)
        #expect(try Self.judge(["nbf": .integer(Self.now + 31)]) == TokenError(.notYetValid, .notBefore))
        #expect(try Self.judge(["nbf": .double(1_900_000_030.5)])?.code == .notYetValid)
        #expect(try Self.judge(["exp": .integer(Self.now)]) == TokenError(.unacceptableLifetime, .expiry))
        #expect(try Self.judge(["exp": 0, "iat": 0])?.code == .expired)
        #expect(try Self.judge(["exp": 253_402_300_799]) == nil)
        #expect(try Self.judge { $0.maximumLifetime = .seconds(300) } == nil)
        #expect(try Self.judge { $0.maximumLifetime = .seconds(299) }?.code == .unacceptableLifetime)
        #expect(try Self.judge(at: Self.now + 90) { $0.maximumAge = .seconds(60) } == nil)
        #expect(try Self.judge(at: Self.now + 91) { $0.maximumAge = .seconds(60) } == TokenError(.tooOld, .issuedAt))
    }

    @Test(
        "The authorized party is checked when it is there, and must be there for several audiences (OIDC Core §3.1.3.7)"
    )
    func authorizedParty() throws {
        func judge(_ changes: JSONObject) throws -> TokenError.Code? {
            try Self.judge(changes) { $0.authorizedParties = ["gateway"] }?.code
        }
        #expect(try judge([:]) == nil)
        #expect(try judge(["azp": "gateway"]) == nil)
        #expect(try judge(["azp": "other"]) == .wrongAuthorizedParty)
        #expect(try judge(["aud": ["gateway", "other"]]) == .missingClaim)
        #expect(try judge(["aud": ["gateway", "other"], "azp": "gateway"]) == nil)
        #expect(try judge(["aud": ["gateway", "other"], "azp": "other"]) == .wrongAuthorizedParty)
        #expect(try Self.judge(["azp": "other"]) == nil)
    }

    @Test("A token of another kind is refused by its type or by its claims (RFC 8725 §3.11)")
    func kinds() throws {
        for type in ["at+jwt", "logout+jwt", "dpop+jwt", "oauth-id-jag+jwt"] {
            #expect(try Self.judge(type: type)?.code == .wrongType)
        }
        #expect(try Self.judge(type: nil) { $0.type = .oneOf(["JWT"]) }?.code == .wrongType)
        #expect(try Self.judge(["events": JSONValue.object([:])]) == TokenError(.unexpectedClaim, .events))
    }

    @Test("A nonce must be that of the request")
    func nonce() throws {
        #expect(try Self.judge(["nonce": "n"]) { $0.nonce = "n" } == nil)
        #expect(try Self.judge(["nonce": "m"]) { $0.nonce = "n" } == TokenError(.wrongNonce, .nonce))
        #expect(try Self.judge { $0.nonce = "n" } == TokenError(.missingClaim, .nonce))
    }

    @Test(
        "What is sent as payload must be a JSON object, with each name once and within the limits",
        arguments: [
            "", "null", "[]", "\"x\"", "{} {}", #"{"aud":"a","aud":"b"}"#, "{\"a\":\"\\ud800\"}",
            "{" + String(repeating: #""a":{"#, count: 40),
            #"{"a":"# + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "}",
        ]
    )
    func payloads(payload: String) throws {
        let key = try TestKey()
        let token = try key.token(header: #"{"alg":"ES256"}"#, payload: payload)
        #expect(throws: TokenError(.malformed)) { try UnverifiedJWT(Redacted(token)) }
    }

    @Test("An error says what to look at and nothing that stood in the token")
    func messages() throws {
        for code in TokenError.Code.allCases {
            let message = TokenError(code, .audience).description
            #expect(message.hasPrefix("Could not accept a token: ") && message.hasSuffix("."))
            #expect(!message.contains("'a claim'"))
        }
        let error = try #require(try Self.judge(["iss": "https://canary.example"]))
        #expect(!"\(error)".contains("canary"))
    }
}
