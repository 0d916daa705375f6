// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Authenticated encryption: AES-256 in Galois/Counter Mode, of
/// [NIST SP 800-38D](https://csrc.nist.gov/pubs/sp/800/38/d/final).
package enum AES256GCM {
    /// Of a key.
    package static let keyByteCount = 32
    /// Of a nonce, which must never be used twice with one key.
    package static let nonceByteCount = 12
    /// Of what authenticates a message.
    package static let tagByteCount = 16

    /// Encrypts a message.
    ///
    /// - Parameters:
    ///   - message: What nobody else may read.
    ///   - context: What the message belongs to; not encrypted, and needed again to open it.
    ///   - key: 32 bytes.
    ///   - nonce: 12 bytes that were never used with this key.
    /// - Returns: The ciphertext, followed by the tag.
    /// - Throws: ``OpenSSLError`` for a key or a nonce of another length.
    package static func seal(
        _ message: [UInt8],
        context: [UInt8],
        key: [UInt8],
        nonce: [UInt8]
    ) throws(OpenSSLError) -> [UInt8] {
        let lengths = try lengths(message, context, key, nonce)
        guard let cipher = unsafe EVP_CIPHER_CTX_new() else { throw failure() }
        defer { unsafe EVP_CIPHER_CTX_free(cipher) }
        var output = [UInt8](repeating: 0, count: message.count + tagByteCount)
        var tag = [UInt8](repeating: 0, count: tagByteCount)
        var written: Int32 = 0
        var last: Int32 = 0
        ERR_clear_error()
        let isSealed =
            unsafe EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_EncryptUpdate(cipher, nil, &written, context, lengths.context) == 1
            && EVP_EncryptUpdate(cipher, &output, &written, message, lengths.message) == 1
            && EVP_EncryptFinal_ex(cipher, &tag, &last) == 1
            && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, Int32(tagByteCount), &tag) == 1
        guard isSealed, Int(written) == message.count, last == 0 else { throw failure() }
        output.replaceSubrange(message.count..., with: tag)
        return output
    }

    /// Decrypts what ``seal(_:context:key:nonce:)`` returned.
    ///
    /// - Returns: The message; `nil` for anything that was not sealed with this key, nonce and context.
    /// - Throws: ``OpenSSLError`` for a key or a nonce of another length.
    package static func open(
        _ sealed: [UInt8],
        context: [UInt8],
        key: [UInt8],
        nonce: [UInt8]
    ) throws(OpenSSLError) -> [UInt8]? {
        guard sealed.count >= tagByteCount else { return nil }
        let ciphertext = Array(sealed.dropLast(tagByteCount))
        var tag = Array(sealed.suffix(tagByteCount))
        let lengths = try lengths(ciphertext, context, key, nonce)
        guard let cipher = unsafe EVP_CIPHER_CTX_new() else { throw failure() }
        defer { unsafe EVP_CIPHER_CTX_free(cipher) }
        var output = [UInt8](repeating: 0, count: ciphertext.count + tagByteCount)
        var rest = [UInt8](repeating: 0, count: tagByteCount)
        var written: Int32 = 0
        var last: Int32 = 0
        ERR_clear_error()
        let isOpen =
            unsafe EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_DecryptUpdate(cipher, nil, &written, context, lengths.context) == 1
            && EVP_DecryptUpdate(cipher, &output, &written, ciphertext, lengths.message) == 1
            && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, Int32(tagByteCount), &tag) == 1
        guard isOpen else { throw failure() }
        guard unsafe EVP_DecryptFinal_ex(cipher, &rest, &last) == 1 else {
            ERR_clear_error()
            return nil
        }
        output.removeLast(output.count - ciphertext.count)
        return output
    }

    private static func lengths(
        _ message: [UInt8],
        _ context: [UInt8],
        _ key: [UInt8],
        _ nonce: [UInt8]
    ) throws(OpenSSLError) -> (message: Int32, context: Int32) {
        guard key.count == keyByteCount, nonce.count == nonceByteCount,
            let messageCount = Int32(exactly: message.count),
            let contextCount = Int32(exactly: context.count)
        else {
            throw OpenSSLError(
                .unavailable,
                "Could not encrypt: the key must have 32 bytes, the nonce 12, and the message less than 2 GiB."
            )
        }
        return (messageCount, contextCount)
    }

    private static func failure() -> OpenSSLError {
        .last(.unavailable, "Could not encrypt or decrypt a message", check: "Check OpenSSL's configuration.")
    }
}
