// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// The digests of SHA-2 that signatures use.
package enum DigestAlgorithm: Hashable, Sendable, CaseIterable {
    case sha256
    case sha384
    case sha512

    /// The length of a digest.
    package var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The digest of some bytes.
    package func digest(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        var count: UInt32 = 0
        let result = unsafe EVP_Digest(bytes, bytes.count, &digest, &count, handle, nil)
        precondition(result == 1 && count == UInt32(byteCount), "OpenSSL's default provider has SHA-2")
        return digest
    }

    /// OpenSSL's own value, which is never freed.
    var handle: OpaquePointer? {
        switch self {
        case .sha256: unsafe EVP_sha256()
        case .sha384: unsafe EVP_sha384()
        case .sha512: unsafe EVP_sha512()
        }
    }
}
