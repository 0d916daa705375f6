// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OpenSSL
import Testing

@testable import JOSE

@Suite("JWK set")
struct JWKSetTests {
    private static let key =
        #"{"kty":"OKP","crv":"Ed25519","kid":"KID","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    @Test("Keys of unknown types and broken ones are stepped over (RFC 7517 §5), the others serve")
    func mixed() throws {
        let text = #"{"keys":[{"kty":"new"},\#(Self.key),7,{"kty":"oct","k":"AA"},{"kty":"RSA"}],"more":1}"#
        let set = try JWKSet(parsing: Array(text.utf8))
        #expect(set.keys.map(\.keyID) == ["KID"])
        #expect(set.skipped == [.unsupported, .malformed, .unsupported, .malformed])
    }

    @Test(
        "A document that is no set is an error",
        arguments: [
            "", "[]", "{}", #"{"keys":{}}"#, #"{"keys":null}"#, "<html>", #"{"keys":[]}x"#, #"{"keys":[],"keys":[]}"#,
        ]
    )
    func malformed(text: String) {
        #expect(throws: JWKSetError.malformed) { try JWKSet(parsing: Array(text.utf8)) }
    }

    @Test("A set of no keys is one")
    func empty() throws {
        #expect(try JWKSet(parsing: Array(#"{"keys":[]}"#.utf8)).keys.isEmpty)
    }

    @Test("A hundred keys are read, and one more is too many, as is one byte more than the limit")
    func limits() throws {
        func text(_ count: Int) -> [UInt8] {
            Array(#"{"keys":[\#(Array(repeating: Self.key, count: count).joined(separator: ","))]}"#.utf8)
        }
        #expect(try JWKSet(parsing: text(100)).keys.count == 100)
        #expect(throws: JWKSetError.tooLarge) { try JWKSet(parsing: text(101)) }
        let one = text(1)
        #expect(try JWKSet(parsing: one, limits: .init(maximumBytes: one.count)).keys.count == 1)
        #expect(throws: JWKSetError.tooLarge) { try JWKSet(parsing: one, limits: .init(maximumBytes: one.count - 1)) }
        let deep = Array((String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)).utf8)
        #expect(throws: JWKSetError.malformed) { try JWKSet(parsing: deep) }
    }

    @Test("A key ID is looked up byte for byte: another spelling of a letter is another ID")
    func lookUp() throws {
        let composed = try TestKey(.ed25519, keyID: "\u{E9}")
        let decomposed = try TestKey(.ed25519, keyID: "e\u{301}")
        let set = JWKSet(keys: [composed.jwk, decomposed.jwk])
        #expect(set.keys(withID: "\u{E9}").map(\.thumbprint) == [composed.jwk.thumbprint])
        #expect(set.keys(withID: "e\u{301}").map(\.thumbprint) == [decomposed.jwk.thumbprint])
        #expect(set.keys(withID: nil).count == 2)
        #expect(set.keys(withID: "").isEmpty)
    }
}
