// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OpenSSL

@Suite("Digests and random bytes")
struct DigestTests {
    @Test(
        "The digest is that of FIPS 180-4's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ]
    )
    func digest(text: String, expected: String) {
        #expect(SHA256.hexadecimalDigest(Array(text.utf8)) == expected)
        #expect(SHA256.digest(Array(text.utf8)).count == SHA256.byteCount)
    }

    @Test("Random bytes have the length asked for and do not repeat")
    func randomBytes() throws {
        #expect(try RandomBytes.make(count: 0).isEmpty)
        let samples = try (0..<100).map { _ in try RandomBytes.make(count: 16) }
        #expect(Set(samples).count == 100)
        #expect(samples.allSatisfy { $0.count == 16 })
    }
}
