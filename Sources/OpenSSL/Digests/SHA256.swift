// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// The SHA-256 digest.
package enum SHA256 {
    /// The length of a digest.
    package static let byteCount = 32

    /// The digest of some bytes.
    package static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        var count: UInt32 = 0
        let result = unsafe EVP_Digest(bytes, bytes.count, &digest, &count, EVP_sha256(), nil)
        precondition(result == 1 && count == UInt32(byteCount), "OpenSSL's default provider has SHA-256")
        return digest
    }

    /// A digest as a key: compared and hashed as a whole, without memory of its own.
    ///
    /// Four plain words and no vector of them, which would want to lie at a multiple of 32 bytes: the memory of a task
    /// promises only 16.
    package struct Digest: Hashable, Sendable {
        private let first: UInt64
        private let second: UInt64
        private let third: UInt64
        private let fourth: UInt64

        /// The digest of some bytes.
        package init(of bytes: [UInt8]) {
            var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
            var count: UInt32 = 0
            let result = unsafe withUnsafeMutableBytes(of: &words) { words in
                unsafe EVP_Digest(bytes, bytes.count, words.baseAddress, &count, EVP_sha256(), nil)
            }
            precondition(result == 1 && count == UInt32(byteCount), "OpenSSL's default provider has SHA-256")
            (first, second, third, fourth) = words
        }
    }

    /// The digest of some bytes in lower-case hexadecimal.
    package static func hexadecimalDigest(_ bytes: [UInt8]) -> String {
        Hexadecimal.text(digest(bytes))
    }
}
