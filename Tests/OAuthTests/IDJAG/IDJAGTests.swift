// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OpenSSL
import Testing

@testable import OAuth

@Suite("ID-JAG before it is sent on")
struct IDJAGTests {
    private static func answer(_ token: String, _ members: JSONObject = [:]) throws -> TokenResponse {
        var all: JSONObject = [
            "access_token": .string(token), "token_type": "N_A", "issued_token_type": .string(TokenType.idJAG.rawValue),
        ]
        for (name, value) in members { all[name] = value }
        return try tokenResponse(all)
    }

    /// What is kept of one that is accepted; a value, because an ID-JAG has no copies.
    private struct Accepted: Equatable {
        var lifetime: Duration
        var scope: String?
        var subject: String?
        var isBoundToKey: Bool
    }

    private static func read(
        _ token: String,
        _ members: JSONObject = [:],
        requestedScope: String? = "agent.read agent.write",
        at now: NumericDate = testTime,
        _ change: (inout IDJAGExpectation) -> Void = { _ in }
    ) throws -> Accepted {
        var expectation = Provider.expectation
        change(&expectation)
        let grant = try IDJAG(
            try answer(token, members),
            expectation: expectation,
            requestedScope: requestedScope,
            at: now
        )
        return Accepted(
            lifetime: grant.lifetime,
            scope: grant.scope,
            subject: grant.subject,
            isBoundToKey: grant.isBoundToKey
        )
    }

    private static func refusal(
        _ token: String,
        at now: NumericDate = testTime,
        _ change: (inout IDJAGExpectation) -> Void = { _ in }
    ) throws -> IDJAGError.Code? {
        do {
            _ = try read(token, at: now, change)
            return nil
        } catch let error as IDJAGError { return error.code }
    }

    @Test("The draft's example is accepted; it lives as long as the shorter of what it and the answer say")
    func accepted() throws {
        let provider = try Provider()
        let grant = try Self.read(try provider.issue(), ["expires_in": 300])
        #expect(
            grant
                == Accepted(
                    lifetime: .seconds(60),
                    scope: "agent.read agent.write",
                    subject: "1997e829",
                    isBoundToKey: false
                )
        )
        #expect(try Self.read(try provider.issue(), ["expires_in": 20]).lifetime == .seconds(20))
        #expect(try Self.read(try provider.issue()).lifetime == .seconds(60))
        #expect(try Self.read(try provider.issue(["cnf": ["jkt": "x"]])).isBoundToKey)
    }

    @Test("It is sent on as it came, with the scopes it was granted")
    func redeemed() throws {
        let token = try Provider().issue(["scope": "agent.read"])
        func grant() throws -> IDJAG {
            try IDJAG(
                try Self.answer(token),
                expectation: Provider.expectation,
                requestedScope: "agent.read agent.write",
                at: testTime
            )
        }
        let request = try grant().redeem(resource: saasTool)
        #expect(request.assertion.exposed == token)
        #expect(request.scope == "agent.read")
        #expect(request.resource == saasTool)
        let bare = try grant().redeem(resource: nil, sendsScope: false)
        #expect(bare.scope == nil && bare.resource == nil)
    }

    @Test("The scopes are those of the token, else of the answer, else those asked for")
    func scopes() throws {
        let provider = try Provider()
        let silent = try provider.issue(without: ["scope"])
        #expect(try Self.read(try provider.issue(["scope": "a"]), ["scope": "b"]).scope == "a")
        #expect(try Self.read(silent, ["scope": "b"]).scope == "b")
        #expect(try Self.read(silent, requestedScope: "c").scope == "c")
        #expect(try Self.read(silent, requestedScope: nil).scope == nil)
    }

    @Test(
        "W05: Another kind of token is not sent on",
        arguments: [nil, "JWT", "at+jwt", "dpop+jwt", "id-jag+jwt", ""] as [String?]
    )
    func wrongType(type: String?) throws {
        #expect(try Self.refusal(try Provider().issue(type: type)) == .wrongType)
    }

    @Test(
        "The media type may be written in full and in any case",
        arguments: ["application/oauth-id-jag+jwt", "OAUTH-ID-JAG+JWT"]
    )
    func typeSpelling(type: String) throws {
        #expect(try Self.refusal(try Provider().issue(type: type)) == nil)
    }

    @Test(
        "A claim that every ID-JAG has may not be missing",
        arguments: ["iss", "sub", "aud", "client_id", "jti", "exp"]
    )
    func missing(name: String) throws {
        #expect(try Self.refusal(try Provider().issue(without: [name])) == .invalidClaim)
    }

    @Test(
        "G19, G20, W06, W07, W08, W09: What it says must be what was asked for, byte for byte",
        arguments: [
            ("iss", "https://idp.cyberdyne-corp.example", IDJAGError.Code.wrongIssuer),
            ("iss", "https://IDP.cyberdyne-corp.example/", .wrongIssuer),
            ("aud", "https://authorization-server.saas-tool.example", .wrongAudience),
            ("aud", "https://authorization-server.saas-tool.example/oauth2/token", .wrongAudience),
            ("aud", ["https://authorization-server.saas-tool.example/", "https://other.example"], .wrongAudience),
            ("aud", ["https://other.example"], .wrongAudience),
            ("aud", .array([]), .invalidClaim),
            ("aud", 7, .invalidClaim),
            ("client_id", "https://ai-agent-app.example", .wrongClient),
            ("client_id", ["https://ai-agent-app.example/"], .invalidClaim),
            ("client_id", "", .invalidClaim),
            ("resource", "https://api.saas-tool.example", .wrongResource),
            ("resource", ["https://api.saas-tool.example/", "https://evil.example/"], .wrongResource),
            ("resource", .array([]), .invalidClaim),
            ("resource", 7, .invalidClaim),
            ("scope", ["agent.read"], .invalidClaim),
            ("exp", "1984445160", .invalidClaim),
            ("exp", .null, .invalidClaim),
            ("sub", 7, .invalidClaim),
            ("jti", "", .invalidClaim),
        ] as [(String, JSONValue, IDJAGError.Code)]
    )
    func mismatches(name: String, value: JSONValue, code: IDJAGError.Code) throws {
        #expect(try Self.refusal(try Provider().issue([name: value])) == code)
    }

    @Test("One audience in an array is the same, and so is one resource")
    func arrays() throws {
        let token = try Provider().issue(["aud": [.string(authorizationServer)], "resource": [.string(saasTool)]])
        #expect(try Self.refusal(token) == nil)
    }

    @Test(
        "W09: A resource that is left out is allowed, unless it is required; an issuer that is not known is not asked"
    )
    func switches() throws {
        let provider = try Provider()
        let token = try provider.issue(without: ["resource"])
        #expect(try Self.refusal(token) == nil)
        #expect(try Self.refusal(token) { $0.requiresResource = true } == .wrongResource)
        #expect(try Self.refusal(try provider.issue(["resource": "https://any.example"])) { $0.resource = nil } == nil)
        #expect(try Self.refusal(try provider.issue(["iss": "https://any.example"])) { $0.issuer = nil } == nil)
    }

    @Test("W11: One that has expired, or would on its way, is not sent")
    func expiry() throws {
        let token = try Provider().issue()
        #expect(try Self.refusal(token, at: testTime.advanced(by: .seconds(55))) == nil)
        #expect(try Self.refusal(token, at: testTime.advanced(by: .milliseconds(55_001))) == .expired)
        #expect(try Self.refusal(token, at: testTime.advanced(by: .seconds(3_600))) == .expired)
    }

    @Test("W04: What is no signed JWT is not sent", arguments: ["opaque", "a.b", "e30.e30.AA", "a.b.c.d"])
    func malformed(token: String) throws {
        #expect(try Self.refusal(token) == .malformed)
    }

    @Test("One without signature algorithm is not sent", arguments: ["none", "None"])
    func unsigned(algorithm: String) throws {
        let header = Base64URL.encode(Array(#"{"alg":"\#(algorithm)","typ":"oauth-id-jag+jwt"}"#.utf8))
        let payload = Base64URL.encode(JSONValue.object(Provider.claims).serialized())
        #expect(try Self.refusal("\(header).\(payload).") == .malformed)
    }

    @Test("Duplicate members are refused, because two readers could see two tokens")
    func duplicates() throws {
        let parts = try Provider().issue().split(separator: ".")
        let payload = try #require(Base64URL.decode(String(parts[1])))
        let twice = String(decoding: payload, as: UTF8.self).replacing("{\"jti\"", with: "{\"aud\":\"x\",\"jti\"")
        #expect(try Self.refusal("\(parts[0]).\(Base64URL.encode(Array(twice.utf8))).\(parts[2])") == .malformed)
    }

    @Test("W04: An encrypted one is taken only where that is allowed, and nothing of it is known")
    func encrypted() throws {
        let token = "eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d"
        #expect(try Self.refusal(token) == .encrypted)
        let grant = try Self.read(token, ["expires_in": 300]) { $0.acceptsEncrypted = true }
        #expect(
            grant
                == Accepted(lifetime: .seconds(300), scope: "agent.read agent.write", subject: nil, isBoundToKey: false)
        )
    }

    @Test("No message quotes the token, and every one says what to do")
    func messages() throws {
        let provider = try Provider()
        let token = try provider.issue(["iss": "https://canary.example", "aud": "canary", "client_id": "canary"])
        for change in [{ _ in }, { $0.issuer = nil }] as [(inout IDJAGExpectation) -> Void] {
            let error = try #require(throws: IDJAGError.self) {
                try Self.read(token, [:], requestedScope: nil, at: testTime, change)
            }
            #expect(!error.message.contains("canary"))
            #expect(error.message.hasPrefix("Could not use the ID-JAG") && error.message.hasSuffix("."))
        }
    }
}
