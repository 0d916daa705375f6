// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import OpenSSL
import Testing

@testable import DemoWorld

@Suite("Client authentication")
struct ClientAuthenticatorTests {
    static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    static let now = IDJAGDraft.now
    static let key = IDJAGDraft.key

    static func authenticator() -> ClientAuthenticator {
        ClientAuthenticator(
            clients: [
                RegisteredClient(id: "c1", secret: Redacted("s1"), key: key.publicKey, grants: [.jwtBearer]),
                RegisteredClient(id: "a:b % +c", secret: Redacted("d:e f%"), grants: [.jwtBearer]),
                RegisteredClient(id: "public", grants: [.jwtBearer]),
            ],
            audiences: ["https://ras.test", "https://ras.test/token"]
        )
    }

    static func basic(_ id: String, _ secret: String) -> String {
        let pair = "\(EnterpriseWorld.encoded(id)):\(EnterpriseWorld.encoded(secret))"
        return "Basic \(Base64.encode(Array(pair.utf8)))"
    }

    static func assertion(
        _ changes: JSONObject = [:],
        header: JSONObject = [:],
        signer: TestKey = key
    ) throws -> String {
        var draft = IDJAGDraft()
        draft.header = ["alg": "ES256", "typ": "JWT"]
        for (name, value) in header { draft.header[name] = value }
        let claims: JSONValue = [
            "iss": "c1", "sub": "c1", "aud": "https://ras.test", "jti": "a-1", "iat": .integer(now.seconds),
            "exp": .integer(now.seconds + 60),
        ]
        draft.claims = try #require(claims.merging(patch: .object(changes)).objectValue)
        draft.signer = signer
        return try draft.text.exposed
    }

    static func code(_ form: String, _ authorization: [String] = []) -> OAuthRefusal.Code? {
        var authenticator = authenticator()
        do throws(OAuthRefusal) {
            _ = try authenticator.authenticate(
                try FormParameters(parsing: Array(form.utf8)),
                authorization: authorization,
                at: now
            )
        } catch { return error.code }
        return nil
    }

    static func withAssertion(_ text: String, _ more: String = "") -> String {
        "client_assertion_type=\(EnterpriseWorld.encoded(assertionType))&client_assertion=\(text)\(more)"
    }

    @Test("V01, V22, V24: each method works, and special characters with it")
    func accepted() throws {
        #expect(Self.code("", [Self.basic("c1", "s1")]) == nil)
        #expect(Self.code("client_id=c1", [Self.basic("c1", "s1")]) == nil)
        #expect(Self.code("", [Self.basic("a:b % +c", "d:e f%")]) == nil)
        #expect(Self.code("client_id=c1&client_secret=s1") == nil)
        #expect(Self.code(Self.withAssertion(try Self.assertion())) == nil)
        #expect(Self.code(Self.withAssertion(try Self.assertion(["aud": "https://ras.test/token"]))) == nil)
        #expect(Self.code("client_id=public") == nil)
    }

    @Test("V16, V17, V18, V21, V23: who does not prove who they are is no client")
    func refused() {
        #expect(Self.code("") == .invalidClient)
        #expect(Self.code("", [Self.basic("c1", "wrong")]) == .invalidClient)
        #expect(Self.code("", [Self.basic("nobody", "s1")]) == .invalidClient)
        #expect(Self.code("", [Self.basic("nobody", "")]) == .invalidClient)
        #expect(Self.code("", [Self.basic("public", "")]) == .invalidClient)
        #expect(Self.code("", ["Basic YzE="]) == .invalidClient)
        #expect(Self.code("", ["Basic !!"]) == .invalidClient)
        #expect(Self.code("", ["Bearer x"]) == .invalidClient)
        #expect(Self.code("client_id=c1") == .invalidClient)
        #expect(Self.code("client_id=nobody") == .invalidClient)
        #expect(Self.code("client_id=nobody&client_secret=s1") == .invalidClient)
    }

    @Test("V19, V20, V35: two ways, two names or two fields are no request")
    func ambiguous() throws {
        #expect(Self.code("client_secret=s1", [Self.basic("c1", "s1")]) == .invalidRequest)
        #expect(Self.code("client_id=c2", [Self.basic("c1", "s1")]) == .invalidRequest)
        #expect(Self.code("", [Self.basic("c1", "s1"), Self.basic("c1", "s1")]) == .invalidRequest)
        #expect(Self.code(Self.withAssertion(try Self.assertion(), "&client_secret=s1")) == .invalidRequest)
        #expect(Self.code("client_secret=s1") == .invalidRequest)
    }

    @Test("V25, V27, V28, V29: an assertion that does not hold is none")
    func assertions() throws {
        let damages: [JSONObject] = [
            ["aud": "https://other.test"], ["aud": ["https://ras.test", "https://other.test"]], ["aud": .null],
            ["exp": .integer(Self.now.seconds - 31)], ["exp": .integer(Self.now.seconds + 3_601)], ["exp": .null],
            ["iss": "other"], ["sub": "public"], ["sub": .null], ["jti": .null],
        ]
        for damage in damages {
            #expect(Self.code(Self.withAssertion(try Self.assertion(damage))) == .invalidClient)
        }
        for header in [["alg": "HS256"], ["alg": "none"], ["typ": "oauth-id-jag+jwt"]] as [JSONObject] {
            #expect(Self.code(Self.withAssertion(try Self.assertion(header: header))) == .invalidClient)
        }
        #expect(Self.code(Self.withAssertion(try Self.assertion(signer: IDJAGDraft.otherKey))) == .invalidClient)
        #expect(Self.code(Self.withAssertion(try Self.assertion(), "&client_id=public")) == .invalidClient)
        #expect(Self.code("client_assertion_type=x&client_assertion=\(try Self.assertion())") == .invalidRequest)
        #expect(Self.code("client_assertion=\(try Self.assertion())") == .invalidRequest)
    }

    @Test("V26: an assertion is good once")
    func replay() throws {
        var authenticator = Self.authenticator()
        let form = try FormParameters(parsing: Array(Self.withAssertion(try Self.assertion()).utf8))
        _ = try authenticator.authenticate(form, authorization: [], at: Self.now)
        let refusal = #expect(throws: OAuthRefusal.self) {
            _ = try authenticator.authenticate(form, authorization: [], at: Self.now)
        }
        #expect(refusal?.code == .invalidClient)
    }
}

@Suite("Form parameters")
struct FormParametersTests {
    @Test("V10, V11: a parameter is there once, or it is no request")
    func twice() {
        for text in ["a=1&a=1", "a&a", "assertion=x&b=2&assertion=y", "a=1&%61=2"] {
            #expect(throws: OAuthRefusal.self) { _ = try FormParameters(parsing: Array(text.utf8)) }
        }
    }

    @Test("What is not encoded as a form is no request")
    func encoding() {
        for text in ["a=%", "a=%2", "a=%zz", "%=1", "a=%FF"] {
            #expect(throws: OAuthRefusal.self) { _ = try FormParameters(parsing: Array(text.utf8)) }
        }
        let many = (0...FormParameters.countLimit).map { "a\($0)=1" }.joined(separator: "&")
        #expect(throws: OAuthRefusal.self) { _ = try FormParameters(parsing: Array(many.utf8)) }
    }

    @Test("V14: values are decoded, empty ones count as absent, and others are left alone")
    func values() throws {
        let form = try FormParameters(parsing: Array("a=1+2%2B&b=&c&d==&unknown=x".utf8))
        #expect(form["a"] == "1 2+")
        #expect(form["b"] == nil)
        #expect(form["c"] == nil)
        #expect(form["d"] == "=")
        #expect(form["unknown"] == "x")
    }

    @Test("V12: scopes have the characters of scopes")
    func scopes() {
        #expect(Scopes(parsing: "b a  a") == Scopes(["a", "b"]))
        #expect(Scopes(parsing: "") == Scopes())
        for text in ["a\"", "a\\", "a\tb", "\u{7F}", "ä"] { #expect(Scopes(parsing: text) == nil) }
        #expect(Scopes(["b", "a"]).description == "a b")
    }
}
