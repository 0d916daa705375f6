// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Bytes that nobody can foretell.
package enum RandomBytes {
    /// Makes `count` bytes, from OpenSSL's generator for public values.
    package static func make(count: Int) throws(OpenSSLError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(count, 0))
        guard let length = Int32(exactly: bytes.count) else {
            throw OpenSSLError(
                .noRandomness,
                "Could not make \(count) random bytes: that is too many. Ask for them in pieces."
            )
        }
        guard unsafe bytes.isEmpty || RAND_bytes(&bytes, length) == 1 else {
            throw .last(
                .noRandomness,
                "Could not make \(count) random bytes",
                check: "Check that the system provides entropy."
            )
        }
        return bytes
    }
}
