// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OpenSSL
import Testing

@testable import DemoWorld

@Suite("ID-JAG rules")
struct IDJAGRulesTests {
    /// One thing about an ID-JAG, or about what it is sent with, that differs from the usual.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout IDJAGDraft, inout IDJAGRules.Request) throws -> Void

        init(
            _ name: String,
            _ change: @escaping @Sendable (inout IDJAGDraft, inout IDJAGRules.Request) throws -> Void
        ) {
            testDescription = name
            self.change = change
        }

        /// A claim with another value, or without one.
        static func claim(_ name: String, _ claim: String, _ value: JSONValue?) -> Case {
            Case(name) { draft, _ in draft.claims[claim] = value }
        }

        /// A member of the header with another value, or without one.
        static func header(_ name: String, _ member: String, _ value: JSONValue?) -> Case {
            Case(name) { draft, _ in draft.header[member] = value }
        }
    }

    static let now = IDJAGDraft.now

    static func rules(_ resources: [String] = [IDJAGDraft.resource, IDJAGDraft.otherResource]) -> IDJAGRules {
        IDJAGRules(
            trustedIssuer: IDJAGDraft.issuer,
            audience: IDJAGDraft.audience,
            resources: Dictionary(resources.map { ($0, Scopes(["a", "b", "c"])) }) { first, _ in first },
            subjects: ["user-1001"]
        )
    }

    static func judge(
        _ example: Case,
        rules: IDJAGRules = rules(),
        keys: JWKSet = JWKSet(keys: [IDJAGDraft.key.publicKey])
    ) throws -> IDJAGRules.Acceptance {
        var draft = IDJAGDraft()
        var request = IDJAGRules.Request(clientID: "c1")
        try example.change(&draft, &request)
        return try rules.accept(try draft.text, for: request, keys: keys, at: now)
    }

    static let forms: [Case] = [
        Case("V31: two segments") { draft, _ in draft.finish = { String($0[..<($0.lastIndex(of: ".") ?? $0.endIndex)]) }
        },
        Case("V31: four segments") { draft, _ in draft.finish = { $0 + ".e30" } },
        Case("V31: an empty segment") { draft, _ in draft.payload = "" },
        Case("V31: nothing at all") { draft, _ in draft.finish = { _ in "" } },
        Case("V32: padding") { draft, _ in draft.finish = { $0 + "=" } },
        Case("V32: a newline") { draft, _ in draft.finish = { $0 + "\n" } },
        Case("V32: the other alphabet") { draft, _ in draft.finish = { $0 + "+/" } },
        Case("V33: the payload is an array") { draft, _ in draft.payload = "[]" },
        Case("V33: trailing garbage") { draft, _ in
            draft.payload = JSONValue.object(draft.claims).serializedText() + "x"
        },
        Case("V34: a claim twice") { draft, _ in
            let text = JSONValue.object(draft.claims).serializedText()
            draft.payload = text.dropLast() + ",\"aud\":\"https://ras.test\"}"
        },
        Case("V35: seventeen KiB") { draft, _ in draft.claims["x"] = .string(String(repeating: "x", count: 17 << 10)) },
        Case("V36: a thousand levels") { draft, _ in
            draft.payload = String(repeating: "{\"a\":", count: 1_000) + "1" + String(repeating: "}", count: 1_000)
        },
        .header("V37: no typ", "typ", nil),
        .header("V38: typ JWT", "typ", "JWT"),
        .header("V39: typ at+jwt", "typ", "at+jwt"),
        .header("V39: typ dpop+jwt", "typ", "dpop+jwt"),
        .header("V39: typ logout+jwt", "typ", "logout+jwt"),
        Case("V42: alg none and no signature") { draft, _ in
            draft.header["alg"] = "none"
            draft.signature = []
        },
        .header("V43: alg nOnE", "alg", "nOnE"),
        Case("V44: alg HS256 with the public key as its secret") { draft, _ in
            draft.header["alg"] = "HS256"
            draft.signature = Array(repeating: 7, count: 32)
        },
        .header("V45: alg RS256 with a key on a curve", "alg", "RS256"),
        .header("V45: alg ES384 with a key on another curve", "alg", "ES384"),
        .header("V47: no alg", "alg", nil),
        .header("V48: crit", "crit", ["x"]),
        .header("V49: b64", "b64", false),
        Case("V50: a stranger's key by jku") { draft, _ in
            draft.header["jku"] = "https://evil.test/keys"
            draft.signer = IDJAGDraft.otherKey
        },
        Case("V51: a stranger's key in the header") { draft, _ in
            draft.header["jwk"] = IDJAGDraft.otherKey.publicKey.json
            draft.header["kid"] = nil
            draft.signer = IDJAGDraft.otherKey
        },
        Case("V53: a bit of the signature flipped") { draft, _ in
            draft.finish = { text in
                guard let dot = text.lastIndex(of: ".") else { return text }
                let signature = text[text.index(after: dot)...]
                return text[...dot] + (signature.hasPrefix("A") ? "B" : "A") + signature.dropFirst()
            }
        },
        Case("V54: the payload of another token") { draft, _ in
            draft.signature = try IDJAGDraft.key.sign(Array("e30.e30".utf8))
        },
        Case("V55: r and s are zero") { draft, _ in draft.signature = Array(repeating: 0, count: 64) },
        Case("V56: five parts, as of an encrypted token") { draft, _ in draft.finish = { $0 + ".e30.e30" } },
        .header("V57: an unknown key", "kid", "other"),
        .header("V62: a key ID that is a path", "kid", "../../etc/passwd"),
        .header("V62: a key ID of ten KB", "kid", .string(String(repeating: "k", count: 10_000))),
    ]

    static let claims: [Case] = [
        .claim("V71: no iss", "iss", nil),
        .claim("V71: iss is a number", "iss", 1),
        .claim("V71: iss is empty", "iss", ""),
        .claim("V72: another iss", "iss", "https://evil.test"),
        .claim("V73: iss with a slash", "iss", "https://idp.test/"),
        .claim("V73: iss in capitals", "iss", "https://IDP.test"),
        .claim("V73: iss with its port", "iss", "https://idp.test:443"),
        Case("V74: signed with another issuer's key") { draft, _ in draft.signer = IDJAGDraft.otherKey },
        .claim("V75: iss is the authorization server itself", "iss", "https://ras.test"),
        .claim("V78: no aud", "aud", nil),
        .claim("V79: aud is the token endpoint", "aud", "https://ras.test/token"),
        .claim("V80: aud is the resource", "aud", "https://mcp.test/mcp"),
        .claim("V81: aud with a slash", "aud", "https://ras.test/"),
        .claim("V83: two aud", "aud", ["https://ras.test", "https://other.test"]),
        .claim("V84: aud is an empty list", "aud", []),
        .claim("V84: aud is a number", "aud", 1),
        .claim("V84: aud is an object", "aud", [:]),
        .claim("V84: aud is a list of numbers", "aud", [1]),
        .claim("V86: aud in capitals", "aud", "https://RAS.test"),
        .claim("V87: no exp", "exp", nil),
        .claim("V87: exp is a text", "exp", "1800000120"),
        .claim("V87: exp is negative", "exp", -1),
        .claim("V87: exp is enormous", "exp", .double(1e300)),
        .claim("V88: exp longer ago than the skew", "exp", .integer(now.seconds - 31)),
        .claim("V89: no iat", "iat", nil),
        .claim("V90: iat later than the skew", "iat", .integer(now.seconds + 31)),
        .claim("V91: exp is not after iat", "exp", .integer(now.seconds)),
        .claim("V92: valid for more than five minutes", "exp", .integer(now.seconds + 301)),
        Case("V93: issued two hours ago") { draft, _ in
            draft.claims["iat"] = .integer(now.seconds - 7_200)
        },
        .claim("V94: nbf in the future", "nbf", .integer(now.seconds + 31)),
        .claim("V96: no sub", "sub", nil),
        .claim("V96: sub is empty", "sub", ""),
        .claim("V96: sub is a number", "sub", 1),
        .claim("V96: sub of 256 characters", "sub", .string(String(repeating: "s", count: 256))),
        .claim("V97: sub without an account", "sub", "user-9999"),
        .claim("V111: no client_id", "client_id", nil),
        .claim("V112: another client_id", "client_id", "c2"),
        .claim("V113: client_id is a list", "client_id", ["c1"]),
        .claim("V113: client_id in capitals", "client_id", "C1"),
        Case("V114: another client has it") { _, request in request.clientID = "c2" },
        Case("V115: azp in the place of client_id") { draft, _ in
            draft.claims["client_id"] = nil
            draft.claims["azp"] = "c1"
        },
        .claim("V119: no jti", "jti", nil),
        .claim("V119: jti is empty", "jti", ""),
        .claim("V119: jti is a number", "jti", 1),
        .claim("V125: jti of 257 bytes", "jti", .string(String(repeating: "j", count: 257))),
        .claim("V127: no resource, and there are several", "resource", nil),
        .claim("V128: an unknown resource", "resource", "https://evil.test/mcp"),
        .claim("V129: two resources and no parameter", "resource", ["https://mcp.test/mcp", "https://other.test/mcp"]),
        .claim("V130: a known and an unknown resource", "resource", ["https://mcp.test/mcp", "https://evil.test/mcp"]),
        .claim("V131: resource with a fragment", "resource", "https://mcp.test/mcp#x"),
        .claim("V131: resource is a number", "resource", 1),
        .claim("V133: resource with a slash", "resource", "https://mcp.test/mcp/"),
        Case("V136: less asked for than granted") { _, request in request.scopes = Scopes(["a"]) },
        .claim("V139: a scope that the resource does not know", "scope", "a z"),
        .claim("V141: scope is a list", "scope", ["a", "b"]),
        .claim("V143: authorization_details", "authorization_details", [["type": "payment"]]),
        .claim("V144: authorization_details that are no list", "authorization_details", "all"),
        .claim("V148: a bound key and no proof", "cnf", ["jkt": "x"]),
        .claim("V157: cnf with something unknown", "cnf", ["kid": "x"]),
        .claim("V160: a nonce, as ID tokens have", "nonce", "n"),
        .claim("V164: an actor", "act", ["sub": "agent"]),
    ]

    @Test("What is no ID-JAG is an invalid grant", arguments: forms)
    func form(_ example: Case) throws {
        let refusal = #expect(throws: OAuthRefusal.self) { _ = try Self.judge(example) }
        #expect(refusal?.code == .invalidGrant)
    }

    @Test("An ID-JAG with a claim that does not hold is an invalid grant", arguments: claims)
    func claim(_ example: Case) throws {
        let refusal = #expect(throws: OAuthRefusal.self) { _ = try Self.judge(example) }
        #expect(refusal?.code == .invalidGrant)
    }

    @Test("V01: the usual one is accepted")
    func usual() throws {
        let acceptance = try Self.judge(Case("V01") { _, _ in })
        #expect(acceptance.subject == "user-1001")
        #expect(acceptance.identifier == "jti-1")
        #expect(acceptance.resource == IDJAGDraft.resource)
        #expect(acceptance.scopes == Scopes(["a", "b"]))
        // V117: as long as it would be accepted it is remembered.
        #expect(acceptance.end == Self.now.advanced(by: .seconds(150)))
    }

    @Test(
        "What may differ may differ",
        arguments: [
            Case.header("V40: typ with its prefix", "typ", "application/oauth-id-jag+jwt"),
            .header("V41: typ in capitals", "typ", "OAuth-ID-JAG+JWT"),
            .header("V61: no kid and one key", "kid", nil),
            .claim("V82: aud is a list of one", "aud", ["https://ras.test"]),
            Case("V88: exp a second ago, within the skew") { draft, _ in
                draft.claims["iat"] = .integer(now.seconds - 60)
                draft.claims["exp"] = .integer(now.seconds - 1)
            },
            .claim("V90: iat within the skew", "iat", .integer(now.seconds + 30)),
            .claim("V94: nbf in the past", "nbf", .integer(now.seconds - 1)),
            .claim("V95: a fraction of a second", "exp", .double(Double(now.seconds) + 60.5)),
            Case("V132: the parameter names the same resource") { _, request in request.resource = IDJAGDraft.resource
            },
            Case("V137: more asked for than granted") { _, request in request.scopes = Scopes(["a", "b", "c"]) },
            Case("V142: the same in another order") { draft, request in
                draft.claims["scope"] = "b a b"
                request.scopes = Scopes(["a", "b"])
            },
        ]
    )
    func variants(_ example: Case) throws {
        let acceptance = try Self.judge(example)
        #expect(acceptance.resource == IDJAGDraft.resource)
        #expect(acceptance.scopes == Scopes(["a", "b"]))
    }

    @Test("V126: with one resource it need not be named")
    func onlyResource() throws {
        let example = Case.claim("V126", "resource", nil)
        #expect(try Self.judge(example, rules: Self.rules([IDJAGDraft.resource])).resource == IDJAGDraft.resource)
    }

    @Test("V129: of several resources the parameter chooses one")
    func narrowedResource() throws {
        let example = Case("V129") { draft, request in
            draft.claims["resource"] = [.string(IDJAGDraft.resource), .string(IDJAGDraft.otherResource)]
            request.resource = IDJAGDraft.otherResource
        }
        #expect(try Self.judge(example).resource == IDJAGDraft.otherResource)
    }

    @Test("V132: the parameter names another resource")
    func otherResource() throws {
        let refusal = #expect(throws: OAuthRefusal.self) {
            _ = try Self.judge(Case("V132") { _, request in request.resource = IDJAGDraft.otherResource })
        }
        #expect(refusal?.code == .invalidTarget)
    }

    @Test("V136: where it is allowed, less may be asked for")
    func narrowerScope() throws {
        var rules = Self.rules()
        rules.allowsNarrowerScope = true
        let example = Case("V136") { _, request in request.scopes = Scopes(["a"]) }
        #expect(try Self.judge(example, rules: rules).scopes == Scopes(["a"]))
    }

    @Test("V140: without a scope nothing can be asked for")
    func noScope() throws {
        let refusal = #expect(throws: OAuthRefusal.self) {
            _ = try Self.judge(
                Case("V140") { draft, request in
                    draft.claims["scope"] = nil
                    request.scopes = Scopes(["a"])
                }
            )
        }
        #expect(refusal?.code == .invalidScope)
    }

    @Test("V59, V60: a new key is good at once, and one that is not published any more is not")
    func rotation() throws {
        let example = Case("V59") { draft, _ in
            draft.header["kid"] = .string(IDJAGDraft.otherKey.keyID)
            draft.signer = IDJAGDraft.otherKey
        }
        _ = try Self.judge(example, keys: JWKSet(keys: [IDJAGDraft.otherKey.publicKey, IDJAGDraft.key.publicKey]))
        let refusal = #expect(throws: OAuthRefusal.self) {
            _ = try Self.judge(Case("V60") { _, _ in }, keys: JWKSet(keys: [IDJAGDraft.otherKey.publicKey]))
        }
        #expect(refusal?.code == .invalidGrant)
    }

    @Test("No refusal quotes what was sent")
    func nothingQuoted() throws {
        for example in Self.forms + Self.claims {
            var draft = IDJAGDraft()
            var request = IDJAGRules.Request(clientID: "c1")
            draft.claims["canary"] = "canary-claim"
            try example.change(&draft, &request)
            let text = try draft.text
            do {
                _ = try Self.rules().accept(
                    text,
                    for: request,
                    keys: JWKSet(keys: [IDJAGDraft.key.publicKey]),
                    at: Self.now
                )
            } catch {
                #expect(!error.message.contains("evil"))
                #expect(text.exposed.isEmpty || !error.message.contains(text.exposed))
            }
        }
    }
}
