// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OpenSSL
import Testing

@testable import JOSE

@Suite("JWK")
struct JWKTests {
    private static func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

    private static let ec = """
        "kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",\
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
        """
    private static let okp = #""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#

    @Test("The thumbprints are those of RFC 7638 §3.1 and RFC 8037 A.3")
    func thumbprints() throws {
        let vectors = try #require(try Fixture.load("rfc-vectors.json")["thumbprints"]?.arrayValue)
        #expect(vectors.count == 2)
        for vector in vectors {
            let key = try JWK(json: try #require(vector["key"]))
            #expect(key.thumbprint == vector["thumbprint"]?.stringValue)
        }
    }

    @Test("Leading zeros of an RSA modulus change neither the key nor its thumbprint")
    func leadingZeros() throws {
        let key = try PrivateKey.make(.rsa(bits: 2_048))
        guard case .rsa(let modulus, let exponent) = try key.publicParameters() else { return }
        let plain = try JWK(.rsa(modulus: modulus, exponent: exponent))
        let padded = try JWK(.rsa(modulus: [0] + modulus, exponent: [0] + exponent))
        #expect(plain.thumbprint == padded.thumbprint)
        #expect(plain.parameters == padded.parameters)
    }

    @Test("A key is read with what it may be used for")
    func usage() throws {
        let key = try JWK(
            json: try Self.json(#"{\#(Self.ec),"kid":"a","use":"sig","alg":"ES256","key_ops":["verify"],"x5t":"1"}"#)
        )
        #expect(key.keyID == "a")
        #expect(key.algorithm == .es256)
        #expect(key.fits(.es256))
        #expect(!key.fits(.rs256) && !key.fits(.es384))
        let okp = try JWK(json: try Self.json("{\(Self.okp)}"))
        #expect(okp.fits(.edDSA) && okp.fits(.ed25519))
        let named = try JWK(json: try Self.json(#"{\#(Self.okp),"alg":"Ed25519"}"#))
        #expect(!named.fits(.edDSA) && named.fits(.ed25519))
    }

    @Test(
        "A key that cannot serve is refused, with the reason",
        arguments: [
            (#"[]"#, JWKProblem.malformed),
            (#"{}"#, .malformed),
            (#"{"kty":1}"#, .malformed),
            (#"{"kty":"oct","k":"c2VjcmV0"}"#, .unsupported),
            (#"{"kty":"new"}"#, .unsupported),
            (#"{"kty":"EC","crv":"P-256"}"#, .malformed),
            (#"{"kty":"EC","x":"AA","y":"AA"}"#, .malformed),
            (#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#, .unsupported),
            (#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, .malformed),
            (#"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#, .unsupported),
            (#"{"kty":"OKP","crv":"Ed448","x":"AA"}"#, .unsupported),
            (#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, .malformed),
            (#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, .unacceptableSize),
            (#"{"kty":"RSA","n":"AQ=","e":"AQAB"}"#, .malformed),
            (#"{"kty":"RSA","e":"AQAB"}"#, .malformed),
            (#"{EC,"use":"enc"}"#, .notForSignatures),
            (#"{EC,"use":1}"#, .malformed),
            (#"{EC,"key_ops":["sign"]}"#, .notForSignatures),
            (#"{EC,"key_ops":"verify"}"#, .malformed),
            (#"{EC,"alg":"RS256"}"#, .notForSignatures),
            (#"{EC,"alg":"HS256"}"#, .notForSignatures),
            (#"{EC,"alg":"none"}"#, .notForSignatures),
            (#"{EC,"alg":"ECDH-ES"}"#, .notForSignatures),
            (#"{EC,"alg":7}"#, .malformed),
            (#"{EC,"kid":7}"#, .malformed),
            (#"{EC,"d":"AA"}"#, .compromised),
        ]
    )
    func refused(text: String, problem: JWKProblem) throws {
        let json = try Self.json(text.replacing("EC,", with: Self.ec + ","))
        #expect(throws: problem) { try JWK(json: json) }
    }

    @Test("A key of 1024 bits is refused, and so is one above 8192", arguments: [128, 1_025])
    func sizes(byteCount: Int) throws {
        let modulus = Base64URL.encode([UInt8](repeating: 0xFF, count: byteCount))
        let json: JSONValue = ["kty": "RSA", "n": .string(modulus), "e": "AQAB"]
        #expect(throws: JWKProblem.unacceptableSize) { try JWK(json: json) }
    }

    @Test("A published key is read back as the same")
    func published() throws {
        for kind in [KeyKind.rsa(bits: 2_048), .ellipticCurve(.p384), .ed25519] {
            let key = try SigningKey(try PrivateKey.make(kind), keyID: "k").publicKey
            let text = JWKSet(keys: [key]).json.serialized()
            let read = try #require(try JWKSet(parsing: text).keys.first)
            #expect(read.parameters == key.parameters)
            #expect(read.keyID == "k")
            #expect(read.algorithm == key.algorithm)
            #expect(read.thumbprint == key.thumbprint)
        }
    }
}
