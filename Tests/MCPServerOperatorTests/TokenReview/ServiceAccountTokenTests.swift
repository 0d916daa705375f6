// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@testable import MCPServerOperator

@Suite("Service account token")
struct ServiceAccountTokenTests {
    @Test("Audiences and expiry are read")
    func reads() {
        let token = ServiceAccountToken(FakeToken.make(audience: ["a", "b"], expiry: .integer(7)))
        #expect(token?.audiences == ["a", "b"])
        #expect(token?.expiry == 7)
        #expect(ServiceAccountToken(FakeToken.make(audience: "a"))?.audiences == ["a"])
        #expect(ServiceAccountToken(FakeToken.make(audience: nil))?.audiences == [])
        #expect(ServiceAccountToken(FakeToken.make(audience: [1, "b"]))?.audiences == ["b"])
    }

    @Test(
        "An expiry that is none, or beyond all reckoning, is no token",
        arguments: [
            nil, .null, "1800000000", .integer(-1), .integer(253_402_300_800), .integer(.max), .bool(true), [1],
        ] as [JSONValue?]
    )
    func refusesExpiry(expiry: JSONValue?) {
        #expect(ServiceAccountToken(FakeToken.make(expiry: expiry)) == nil)
    }

    @Test(
        "Text that is no signed token is none",
        arguments: [
            "", ".", "..", "a.b", "a..c", ".b.c", "a.b.", "a.b.c.d", "a.b.c", "a.e30.c", "a.e30=.c", "a.!!!!.c",
            "a.bnVsbA.c", "a.W10.c", "a.eyJleHAiOjEsImV4cCI6Mn0.c", "a.eyJleHAiOjF9eyJ9.c", "a.\u{1F600}.c",
        ]
    )
    func refusesText(text: String) { #expect(ServiceAccountToken(text) == nil) }

    @Test("A token of any size or depth is read or refused without harm")
    func bounded() {
        #expect(ServiceAccountToken(String(repeating: "a", count: 100_000)) == nil)
        #expect(ServiceAccountToken(String(repeating: ".", count: 8_000)) == nil)
        let deep = Array("{\"exp\":1,\"x\":".utf8) + Array(repeating: UInt8(ascii: "["), count: 4_000)
        #expect(ServiceAccountToken(FakeToken.make(payload: deep)) == nil)
        let wide =
            Array("{\"exp\":1,\"aud\":[".utf8) + Array(String(repeating: "1,", count: 2_000).utf8) + Array("1]}".utf8)
        #expect(ServiceAccountToken(FakeToken.make(payload: wide)) == nil)
        #expect(ServiceAccountToken(FakeToken.make(payload: [0xFF, 0xFE])) == nil)
    }
}
