// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Message authentication with SHA-256 under a key, of [RFC 2104](https://www.rfc-editor.org/rfc/rfc2104).
package enum HMACSHA256 {
    /// The code that authenticates `message`; whoever has the key can make it.
    package static func authenticate(_ message: [UInt8], key: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard let keyCount = Int32(exactly: key.count) else {
            throw OpenSSLError(
                .unavailable,
                "Could not authenticate a message: the key is too long. Use a shorter one."
            )
        }
        var code = [UInt8](repeating: 0, count: SHA256.byteCount)
        var count: UInt32 = 0
        // An empty array has no address, which OpenSSL would take for 'no key given'.
        let key = key.isEmpty ? [0] : key
        ERR_clear_error()
        let result = unsafe HMAC(EVP_sha256(), key, keyCount, message, message.count, &code, &count)
        guard unsafe result != nil, count == UInt32(code.count) else {
            throw .last(.unavailable, "Could not authenticate a message", check: "Check OpenSSL's configuration.")
        }
        return code
    }
}
