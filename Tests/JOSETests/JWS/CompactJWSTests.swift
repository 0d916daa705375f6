// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OpenSSL
import Testing

@testable import JOSE

@Suite("Compact JWS")
struct CompactJWSTests {
    private static let header = #"{"alg":"ES256","kid":"k1"}"#
    private static let payload = #"{"sub":"u"}"#

    @Test("A right token is accepted, and the key that signed is named")
    func accepted() throws {
        let key = try TestKey()
        let token = try key.token(header: Self.header, payload: Self.payload)
        let used = try CompactJWS(token).verify(with: key.keySet, algorithms: [.es256])
        #expect(used.thumbprint == key.jwk.thumbprint)
        let kidless = try key.token(header: #"{"alg":"ES256"}"#, payload: Self.payload)
        #expect(refusal(kidless, key.keySet) == nil)
    }

    @Test("Any character changed, added or left out makes it a token that is refused")
    func mutations() throws {
        let key = try TestKey()
        let token = Array(try key.token(header: Self.header, payload: Self.payload).utf8)
        for position in token.indices {
            for replacement in [
                UInt8(ascii: "A"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "="), 0, 0x20, 0xFF,
            ]
            where token[position] != replacement {
                var changed = token
                changed[position] = replacement
                #expect(refusal(String(decoding: changed, as: UTF8.self), key.keySet) != nil, "position \(position)")
            }
            var shorter = token
            shorter.remove(at: position)
            // Two equal neighbours: leaving one of them out is one change, which an equal text is not.
            #expect(refusal(String(decoding: shorter, as: UTF8.self), key.keySet) != nil, "without \(position)")
            #expect(refusal(String(decoding: token.prefix(position), as: UTF8.self), key.keySet) != nil)
        }
        for text in ["\n", " ", "=", "A", "."] {
            let whole = String(decoding: token, as: UTF8.self)
            #expect(refusal(whole + text, key.keySet) != nil)
            #expect(refusal(text + whole, key.keySet) != nil)
        }
    }

    @Test(
        "A text that is no token is refused",
        arguments: [
            "", ".", "..", "...", "a.b", "a.b.c.d", "e30.e30.e30.e30", "e30..", "bnVsbA.e30.AA", "W10.e30.AA",
            "e30.e30.AA",
        ]
    )
    func malformed(text: String) throws {
        #expect(throws: TokenError(.malformed)) { try CompactJWS(text) }
    }

    @Test("Five parts are an encrypted token, and that is said (RFC 7516 §9)")
    func encrypted() {
        #expect(throws: TokenError(.encrypted)) { try CompactJWS("eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d") }
    }

    @Test(
        "Headers that a reader must refuse are refused",
        arguments: [
            (#"{"alg":"ES256","crit":["exp"],"exp":1}"#, TokenError.Code.unsupportedHeader),
            (#"{"alg":"ES256","crit":[]}"#, .unsupportedHeader),
            (#"{"alg":"ES256","crit":null}"#, .unsupportedHeader),
            (#"{"alg":"ES256","b64":false,"crit":["b64"]}"#, .unsupportedHeader),
            (#"{"alg":"ES256","b64":false}"#, .unsupportedHeader),
            (#"{"alg":"ES256","b64":true}"#, .unsupportedHeader),
            (#"{"alg":"ES256","zip":"DEF"}"#, .unsupportedHeader),
            (#"{"alg":"dir","enc":"A128GCM"}"#, .unsupportedHeader),
            (#"{"typ":"JWT"}"#, .malformed),
            (#"{"alg":7}"#, .malformed),
            (#"{"alg":null}"#, .malformed),
            (#"{"alg":["ES256"]}"#, .malformed),
            (#"{"alg":"ES256","alg":"ES256"}"#, .malformed),
            (#"{"alg":"ES256","kid":"k1","kid":"k2"}"#, .malformed),
            (#"{"alg":"ES256","kid":7}"#, .malformed),
            (#"{"alg":"ES256","kid":null}"#, .malformed),
            (#"{"alg":"ES256","typ":{}}"#, .malformed),
            (#"{"alg":"ES256"} "x""#, .malformed),
            (#"["ES256"]"#, .malformed),
            (#""ES256""#, .malformed),
            ("\u{FEFF}{\"alg\":\"ES256\"}", .malformed),
            (#"{"alg":"none"}"#, .unsupportedAlgorithm),
            (#"{"alg":"None"}"#, .unsupportedAlgorithm),
            (#"{"alg":"nOnE"}"#, .unsupportedAlgorithm),
            (#"{"alg":""}"#, .unsupportedAlgorithm),
            (#"{"alg":"es256"}"#, .unsupportedAlgorithm),
            (#"{"alg":"HS256","kid":"k1"}"#, .unsupportedAlgorithm),
            (#"{"alg":"ES256K","kid":"k1"}"#, .unsupportedAlgorithm),
            (#"{"alg":"RS256","kid":"k1"}"#, .unsuitableKey),
            (#"{"alg":"ES384","kid":"k1"}"#, .unsuitableKey),
            (#"{"alg":"ES384"}"#, .unknownKey),
            (#"{"alg":"ES256","kid":"k2"}"#, .unknownKey),
            (#"{"alg":"ES256","kid":"K1"}"#, .unknownKey),
            (#"{"alg":"ES256","kid":"../../k1"}"#, .unknownKey),
            (#"{"alg":"ES256","kid":"k1\u0000"}"#, .unknownKey),
            (#"{"alg":"ES256","kid":"' OR 1=1 --"}"#, .unknownKey),
            (#"{"alg":"ES256","kid":""}"#, .unknownKey),
        ]
    )
    func headers(header: String, code: TokenError.Code) throws {
        let key = try TestKey()
        let token = try key.token(header: header, payload: Self.payload)
        #expect(refusal(token, key.keySet, Set(SignatureAlgorithm.allCases)) == code)
    }

    @Test("A token without signature is refused, whatever algorithm it names", arguments: ["none", "ES256", "HS256"])
    func unsigned(algorithm: String) throws {
        let key = try TestKey()
        let token = try key.token(header: #"{"alg":"\#(algorithm)","kid":"k1"}"#, payload: Self.payload)
        let unsigned = token.prefix { $0 != "." } + "." + token.split(separator: ".")[1] + "."
        #expect(refusal(String(unsigned), key.keySet, Set(SignatureAlgorithm.allCases)) != nil)
    }

    @Test("A key in the header is not used: the attacker's signature is wrong (RFC 8725 §3.10)")
    func embeddedKey() throws {
        let (issuer, attacker) = (try TestKey(), try TestKey())
        let jwk = attacker.jwk.json.serializedText()
        for extra in [
            #""jwk":\#(jwk)"#, #""jku":"https://evil.example/keys""#, #""x5u":"https://evil.example""#,
            #""x5c":["AA"]"#,
        ] {
            let header = #"{"alg":"ES256","kid":"k1",\#(extra)}"#
            #expect(refusal(try attacker.token(header: header, payload: Self.payload), issuer.keySet) == .badSignature)
            // Some providers send them in right tokens.
            #expect(refusal(try issuer.token(header: header, payload: Self.payload), issuer.keySet) == nil)
        }
    }

    @Test("A signature under another algorithm of the same key is refused: RS256 is not PS256")
    func paddingConfusion() throws {
        let key = try TestKey(.rsa(bits: 2_048))
        let all = Set(SignatureAlgorithm.allCases)
        for (named, used) in [
            ("RS256", SignatureScheme.rsaPSS(.sha256)), ("PS256", .rsaPKCS1(.sha256)), ("RS256", .rsaPKCS1(.sha512)),
        ] {
            let token = try key.token(header: #"{"alg":"\#(named)","kid":"k1"}"#, payload: "{}", scheme: used)
            #expect(refusal(token, key.keySet, all) == .badSignature)
        }
        let right = try key.token(header: #"{"alg":"RS256","kid":"k1"}"#, payload: "{}", scheme: .rsaPKCS1(.sha256))
        #expect(refusal(right, key.keySet, all) == nil)
        #expect(refusal(right, key.keySet, [.ps256]) == .unsupportedAlgorithm)
        let restricted = JWKSet(keys: [try JWK(key.jwk.parameters, keyID: "k1", algorithm: .ps256)])
        #expect(refusal(right, restricted, all) == .unsuitableKey)
    }

    @Test("The public key as an HMAC secret opens nothing (RFC 8725 §2.1)")
    func algorithmConfusion() throws {
        let key = try TestKey(.rsa(bits: 2_048))
        let input = [#"{"alg":"HS256","kid":"k1"}"#, "{}"].map { Base64URL.encode(Array($0.utf8)) }.joined(
            separator: "."
        )
        let code = try HMACSHA256.authenticate(Array(input.utf8), key: key.jwk.json.serialized())
        let token = "\(input).\(Base64URL.encode(code))"
        #expect(refusal(token, key.keySet, Set(SignatureAlgorithm.allCases)) == .unsupportedAlgorithm)
    }

    @Test("Signatures of wrong forms are refused: DER, zeros, cut, padded, of another key")
    func badSignatures() throws {
        let key = try TestKey()
        let token = try key.token(header: Self.header, payload: Self.payload)
        let parts = token.split(separator: ".")
        let signature = try #require(Base64URL.decode(String(parts[2])))
        let (r, s) = (Array(signature.prefix(32)), Array(signature.suffix(32)))
        let zero = [UInt8](repeating: 0, count: 32)
        let der: [UInt8] = [0x30, 0x44, 0x02, 0x20] + r + [0x02, 0x20] + s
        let wrong = [
            [], zero + zero, zero + s, r + zero, der, Array(signature.dropLast()), signature + [0], [0] + signature,
            s + r, r, signature + signature,
        ]
        for bytes in wrong {
            let changed = "\(parts[0]).\(parts[1]).\(Base64URL.encode(bytes))"
            #expect(refusal(changed, key.keySet) == .badSignature)
        }
        #expect(refusal(token, try TestKey().keySet) == .badSignature)
        #expect(refusal(token, JWKSet(keys: [])) == .unknownKey)
    }

    @Test("Of keys that share an ID, each that fits is tried, and one of another type does not get in the way")
    func keyIDCollisions() throws {
        let (right, other, rsa) = (try TestKey(), try TestKey(), try TestKey(.rsa(bits: 2_048)))
        let token = try right.token(header: Self.header, payload: Self.payload)
        #expect(refusal(token, JWKSet(keys: [rsa.jwk, other.jwk, right.jwk])) == nil)
        #expect(refusal(token, JWKSet(keys: [rsa.jwk])) == .unsuitableKey)
        #expect(refusal(token, JWKSet(keys: [rsa.jwk, other.jwk])) == .badSignature)
    }

    @Test("A token that names no key is refused when too many could be meant")
    func ambiguous() throws {
        let key = try TestKey()
        let token = try key.token(header: #"{"alg":"ES256"}"#, payload: Self.payload)
        let others = try (0..<CompactJWS.candidateLimit).map { try TestKey(keyID: "other \($0)").jwk }
        #expect(refusal(token, JWKSet(keys: others.dropLast() + [key.jwk])) == nil)
        #expect(refusal(token, JWKSet(keys: others + [key.jwk])) == .ambiguousKey)
    }

    @Test("The limits hold to the byte")
    func limits() throws {
        let key = try TestKey()
        func token(payloadBytes: Int) throws -> String {
            try key.token(header: Self.header, payload: String(repeating: "a", count: payloadBytes))
        }
        let small = try token(payloadBytes: 300)
        #expect(throws: Never.self) { try CompactJWS(small, limits: JWSLimits(maximumBytes: small.utf8.count)) }
        #expect(throws: TokenError(.tooLarge)) {
            try CompactJWS(small, limits: JWSLimits(maximumBytes: small.utf8.count - 1))
        }
        #expect(refusal(try token(payloadBytes: 17 << 10), key.keySet) == .tooLarge)
        #expect(refusal(String(repeating: ".", count: 10_000_000), key.keySet) == .tooLarge)
        #expect(refusal(String(repeating: ".", count: 10_000), key.keySet) == .malformed)

        func header(_ bytes: Int) -> String {
            let rest = #"{"alg":"ES256","kid":"k1","x":""}"#
            return rest.replacing(
                #""x":"""#,
                with: #""x":"\#(String(repeating: "a", count: bytes - rest.utf8.count))""#
            )
        }
        #expect(refusal(try key.token(header: header(4_096), payload: "{}"), key.keySet) == nil)
        #expect(refusal(try key.token(header: header(4_097), payload: "{}"), key.keySet) == .malformed)
        let longID = String(repeating: "k", count: 513)
        #expect(
            refusal(try key.token(header: #"{"alg":"ES256","kid":"\#(longID)"}"#, payload: "{}"), key.keySet)
                == .malformed
        )
        let deep = String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)
        #expect(
            refusal(try key.token(header: #"{"alg":"ES256","x":\#(deep)}"#, payload: "{}"), key.keySet) == .malformed
        )
    }

    @Test("A token prints without what it holds")
    func redaction() throws {
        let key = try TestKey()
        let token = try key.token(header: Self.header, payload: #"{"iss":"canary"}"#)
        let parts = token.split(separator: ".")
        var dumped = ""
        dump(try CompactJWS(token), to: &dumped)
        dump(try UnverifiedJWT(Redacted(token)), to: &dumped)
        dumped += "\(try CompactJWS(token)) \(try UnverifiedJWT(Redacted(token)))"
        #expect(!dumped.contains("canary") && !dumped.contains(parts[1]) && !dumped.contains(parts[2]))
    }

    @Test(
        "typ is a media type: case means nothing, and 'application/' may be left out (RFC 7515 §4.1.9)",
        arguments: [
            ("oauth-id-jag+jwt", true), ("application/oauth-id-jag+jwt", true), ("OAuth-ID-JAG+JWT", true),
            ("APPLICATION/oauth-id-jag+jwt", true), ("JWT", false), ("at+jwt", false), ("text/oauth-id-jag+jwt", false),
            ("oauth-id-jag+jwt ", false), ("application/application/oauth-id-jag+jwt", false), ("", false),
        ]
    )
    func types(type: String, isAccepted: Bool) throws {
        let key = try TestKey()
        let token = try key.token(header: #"{"alg":"ES256","typ":"\#(type)"}"#, payload: "{}")
        #expect(try CompactJWS(token).header.hasType("oauth-id-jag+jwt") == isAccepted)
    }
}
