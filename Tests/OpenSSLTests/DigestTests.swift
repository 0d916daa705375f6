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

    @Test("Digests are equal for equal bytes alone")
    func keys() {
        let texts = (0..<1_000).map { Array(String($0).utf8) }
        #expect(Set(texts.map { SHA256.Digest(of: $0) }).count == 1_000)
        #expect(SHA256.Digest(of: texts[7]) == SHA256.Digest(of: texts[7]))
    }

    @Test("Random bytes have the length asked for and do not repeat")
    func randomBytes() throws {
        #expect(try RandomBytes.make(count: 0).isEmpty)
        let samples = try (0..<100).map { _ in try RandomBytes.make(count: 16) }
        #expect(Set(samples).count == 100)
        #expect(samples.allSatisfy { $0.count == 16 })
    }

    @Test("The longer digests are those of FIPS 180-4's example")
    func longerDigests() {
        func text(_ algorithm: DigestAlgorithm) -> String {
            algorithm.digest(Array("abc".utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        #expect(text(.sha256) == SHA256.hexadecimalDigest(Array("abc".utf8)))
        let sha384 = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        #expect(text(.sha384) == sha384)
        let sha512 =
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        #expect(text(.sha512) == sha512)
        for algorithm in DigestAlgorithm.allCases { #expect(algorithm.digest([]).count == algorithm.byteCount) }
    }

    @Test("The authentication code is that of RFC 4231 §4.2 and §4.3, and changes with key and message")
    func authentication() throws {
        func text(_ message: String, _ key: [UInt8]) throws -> String {
            try HMACSHA256.authenticate(Array(message.utf8), key: key)
                .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        let first = try text("Hi There", [UInt8](repeating: 0x0B, count: 20))
        #expect(first == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        let second = try text("what do ya want for nothing?", Array("Jefe".utf8))
        #expect(second == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(try text("", []) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test("Byte strings are equal when their bytes are")
    func constantTime() {
        #expect(ConstantTime.areEqual([], []))
        #expect(ConstantTime.areEqual([1, 2], [1, 2]))
        for other: [UInt8] in [[], [1], [1, 3], [2, 2], [1, 2, 0]] { #expect(!ConstantTime.areEqual([1, 2], other)) }
    }
}
