// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OpenSSL
import Testing

@testable import JOSE

@Suite("JWT signer")
struct JWTSignerTests {
    @Test("The header has algorithm, type and key ID, and the claims are sent as they are given")
    func header() throws {
        let key = try SigningKey(try PrivateKey.make(.ed25519), keyID: "k")
        let token = try JWTSigner(key: key).sign(["b": 1, "a": "Ü"]).exposed
        let parts = token.split(separator: ".").map {
            String(decoding: Base64URL.decode(String($0)) ?? [], as: UTF8.self)
        }
        #expect(parts[0] == #"{"alg":"EdDSA","typ":"JWT","kid":"k"}"#)
        #expect(parts[1] == #"{"b":1,"a":"Ü"}"#)
        let bare = try JWTSigner(key: try SigningKey(try PrivateKey.make(.ed25519)), type: nil).sign([:]).exposed
        #expect(bare.hasPrefix(Base64URL.encode(Array(#"{"alg":"EdDSA"}"#.utf8)) + "."))
    }

    @Test(
        "Without an algorithm a key signs with its usual one",
        arguments: [
            (KeyKind.rsa(bits: 2_048), SignatureAlgorithm.rs256), (.ellipticCurve(.p256), .es256),
            (.ellipticCurve(.p384), .es384),
            (.ellipticCurve(.p521), .es512), (.ed25519, .edDSA),
        ]
    )
    func standardAlgorithm(kind: KeyKind, algorithm: SignatureAlgorithm) throws {
        let key = try SigningKey(try PrivateKey.make(kind), keyID: "k")
        #expect(key.algorithm == algorithm)
        #expect(key.publicKey.algorithm == algorithm)
        let token = try JWTSigner(key: key).sign([:]).exposed
        #expect(refusal(token, JWKSet(keys: [key.publicKey]), [algorithm]) == nil)
    }

    @Test("An algorithm that does not fit the key is refused when the key is read")
    func misfit() throws {
        let pem = Redacted(try PrivateKey.make(.ellipticCurve(.p256)).pem())
        #expect(throws: OpenSSLError.self) { try SigningKey(pem: pem, algorithm: .rs256) }
        #expect(throws: OpenSSLError.self) { try SigningKey(pem: Redacted("no key")) }
        #expect(try SigningKey(pem: pem, algorithm: .es256).algorithm == .es256)
    }

    @Test("Many tasks may sign and verify with one key at once")
    func concurrency() async throws {
        let key = try SigningKey(try PrivateKey.make(.ellipticCurve(.p256)), keyID: "k")
        let keys = JWKSet(keys: [key.publicKey])
        try await withThrowingTaskGroup(of: TokenError.Code?.self) { group in
            for number in 0..<200 {
                group.addTask {
                    refusal(try JWTSigner(key: key).sign(["n": .integer(Int64(number))]).exposed, keys)
                }
            }
            for try await code in group { #expect(code == nil) }
        }
    }
}
