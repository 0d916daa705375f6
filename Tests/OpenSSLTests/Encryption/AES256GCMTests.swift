// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OpenSSL
import Testing

@Suite("AES-256-GCM")
struct AES256GCMTests {
    private static func bytes(_ text: String) -> [UInt8] {
        var digits = text[...]
        var bytes: [UInt8] = []
        while !digits.isEmpty {
            bytes.append(UInt8(digits.prefix(2), radix: 16) ?? 0)
            digits = digits.dropFirst(2)
        }
        return bytes
    }

    @Test("It agrees with test cases 14 and 16 of the mode's specification")
    func vectors() throws {
        let zeros = [UInt8](repeating: 0, count: 32)
        #expect(
            try AES256GCM.seal(
                [UInt8](repeating: 0, count: 16),
                context: [],
                key: zeros,
                nonce: Array(zeros.prefix(12))
            )
                == Self.bytes("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
        )
        let key = Self.bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
        let nonce = Self.bytes("cafebabefacedbaddecaf888")
        let context = Self.bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        let message = Self.bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
                + "b16aedf5aa0de657ba637b39"
        )
        let sealed = Self.bytes(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
                + "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
        )
        #expect(try AES256GCM.seal(message, context: context, key: key, nonce: nonce) == sealed)
        #expect(try AES256GCM.open(sealed, context: context, key: key, nonce: nonce) == message)
    }

    @Test("Nothing that was changed in a single bit is opened")
    func tampering() throws {
        let key = [UInt8](repeating: 7, count: 32)
        let nonce = [UInt8](repeating: 9, count: 12)
        let sealed = try AES256GCM.seal([1, 2, 3], context: [4], key: key, nonce: nonce)
        #expect(try AES256GCM.open(sealed, context: [4], key: key, nonce: nonce) == [1, 2, 3])
        for bit in 0..<(8 * sealed.count) {
            var changed = sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try AES256GCM.open(changed, context: [4], key: key, nonce: nonce) == nil)
        }
        #expect(try AES256GCM.open(sealed, context: [5], key: key, nonce: nonce) == nil)
        #expect(try AES256GCM.open(sealed, context: [4], key: key, nonce: [UInt8](repeating: 8, count: 12)) == nil)
        #expect(try AES256GCM.open(Array(sealed.prefix(15)), context: [4], key: key, nonce: nonce) == nil)
        #expect(
            try AES256GCM.open(
                try AES256GCM.seal([], context: [], key: key, nonce: nonce),
                context: [],
                key: key,
                nonce: nonce
            ) == []
        )
    }

    @Test("A key or a nonce of another length is refused")
    func lengths() {
        #expect(throws: OpenSSLError.self) { try AES256GCM.seal([1], context: [], key: [1], nonce: []) }
        #expect(throws: OpenSSLError.self) {
            try AES256GCM.seal([1], context: [], key: [UInt8](repeating: 1, count: 32), nonce: [1])
        }
    }
}
