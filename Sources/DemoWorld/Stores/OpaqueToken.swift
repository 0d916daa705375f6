// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OpenSSL

/// Tokens that mean nothing to anybody but whoever keeps a record of them.
enum OpaqueToken {
    /// The bits that nobody can guess.
    private static let byteCount = 32

    /// Makes one.
    ///
    /// - Parameter random: A generator that nobody can foretell, other than in tests.
    /// - Returns: A text that fits into a header.
    static func make(using random: inout some RandomNumberGenerator) -> Redacted<String> {
        Redacted(Base64URL.encode((0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &random) }))
    }

    /// Under what a record is kept, so that the table does not hold what it is a record of.
    static func key(of token: String) -> [UInt8] { SHA256.digest(Array(token.utf8)) }
}
