// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@Suite("Base64url")
struct Base64URLTests {
    @Test(
        "Bytes and text belong together (RFC 7515 appendix C, RFC 4648 §10)",
        arguments: [
            ("", []), ("Zg", [102]), ("Zm8", [102, 111]), ("Zm9v", [102, 111, 111]),
            ("A-z_4ME", [3, 236, 255, 224, 193]), ("__-_", [255, 255, 191]),
        ] as [(String, [UInt8])]
    )
    func pairs(text: String, bytes: [UInt8]) {
        #expect(Base64URL.encode(bytes) == text)
        #expect(Base64URL.decode(text) == bytes)
    }

    @Test("Every length and every byte survives")
    func roundTrip() {
        for count in 0..<300 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ count) }
            let text = Base64URL.encode(bytes)
            #expect(text.utf8.count == (count * 4 + 2) / 3)
            #expect(Base64URL.decode(text) == bytes)
        }
    }

    @Test(
        "Padding, the other alphabet, white space, a lone character and stray bits are refused",
        arguments: [
            "Zg==", "Zg=", "Zm8=", "A+z/4ME", "Zg ", " Zg", "Zm\n9v", "Z", "A", "AAAAA", "Zm9vA", "Zm9vZ", "Zh", "Zm9",
            "Zm.v", "Zm\u{0}v",
            "Zé", "=",
        ]
    )
    func refused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
