// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// A failed call into OpenSSL, or a key or certificate that is not as it must be.
package struct OpenSSLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    package enum Code: String, Hashable, Sendable {
        /// There is no certificate where one is needed.
        case noCertificate
        /// A certificate is there and cannot be read.
        case malformedCertificate
        /// A key is missing or cannot be read, or its parameters are none of a key.
        case malformedKey
        /// A private key needs a passphrase.
        case encryptedKey
        /// A key is of a kind, a curve or a size that is not used here.
        case unsupportedKey
        /// A private key does not belong to its certificate.
        case keyMismatch
        /// A certificate cannot be issued as it was asked for.
        case invalidRequest
        /// The random number generator has no entropy.
        case noRandomness
        /// Memory is exhausted, or OpenSSL is set up wrongly.
        case unavailable
    }

    /// What callers tell apart.
    package let code: Code
    /// What could not be done, why, and what to check; it holds nothing of a key.
    package let message: String

    package var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Makes an error of the newest one in this thread's queue, and empties the queue.
    ///
    /// Call it on the thread that made the failing call, before any suspension point.
    static func last(_ code: Code, _ what: String, check remedy: String) -> OpenSSLError {
        let number = ERR_peek_last_error()
        ERR_clear_error()
        guard number != 0 else { return OpenSSLError(code, "\(what): OpenSSL gives no reason. \(remedy)") }
        var text = [CChar](repeating: 0, count: 256)
        unsafe ERR_error_string_n(number, &text, text.count)
        let reason = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return OpenSSLError(code, "\(what): OpenSSL reports '\(reason)'. \(remedy)")
    }
}

extension OpenSSLError {
    /// A private key whose public part is none that OpenSSL accepts.
    package static let unusablePublicPart = OpenSSLError(
        .malformedKey,
        "Could not use a private key: its public part is not acceptable. Make a new key."
    )
}
