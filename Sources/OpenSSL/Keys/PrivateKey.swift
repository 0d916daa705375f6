// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// A private key owned by OpenSSL.
///
/// It has one owner and no copies; to use a key from many tasks, share what owns it.
@safe package struct PrivateKey: ~Copyable, @unchecked Sendable {  // Nothing changes the key once it is read.
    let handle: OpaquePointer  // EVP_PKEY *

    /// Reads an unencrypted key in PKCS #8 or in the older form of its algorithm.
    ///
    /// - Parameter pem: The textual encoding of [RFC 7468 §10](https://www.rfc-editor.org/rfc/rfc7468#section-10).
    /// - Throws: ``OpenSSLError`` when the text holds no key that OpenSSL can read, or an encrypted one.
    package init(pem: String) throws(OpenSSLError) {
        let text = try MemoryBIO(pem)
        ERR_clear_error()
        // Without a callback OpenSSL would ask for the passphrase of an encrypted key on the terminal.
        let handle = unsafe PEM_read_bio_PrivateKey(text.handle, nil, { _, _, _, _ in -1 }, nil)
        guard let handle = unsafe handle else { throw Self.failure(pem) }
        unsafe self.handle = handle
    }

    private init(handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// Makes a new key on the curve P-256, which nobody else has.
    package static func makeP256() throws(OpenSSLError) -> PrivateKey { try make(.ellipticCurve(.p256)) }

    /// Makes a new key, which nobody else has.
    package static func make(_ kind: KeyKind) throws(OpenSSLError) -> PrivateKey {
        ERR_clear_error()
        let handle: OpaquePointer?
        switch kind {
        case .rsa(let bits):
            guard KeyKind.modulusBits.contains(bits) else { throw KeyKind.unsupported("its modulus has \(bits) bits") }
            unsafe handle = copenssl_make_rsa_key(bits)
        case .ellipticCurve(let curve): unsafe handle = copenssl_make_ec_key(curve.rawValue)
        case .ed25519: unsafe handle = copenssl_make_ed25519_key()
        }
        guard let handle = unsafe handle else {
            throw .last(
                .unavailable,
                "Could not make a private key",
                check: "Check OpenSSL's configuration and that the system provides entropy."
            )
        }
        return unsafe PrivateKey(handle: handle)
    }

    /// The key in PKCS #8, unencrypted: whoever has the text has the key.
    package borrowing func pem() throws(OpenSSLError) -> String {
        let output = try MemoryBIO()
        guard unsafe PEM_write_bio_PKCS8PrivateKey(output.handle, handle, nil, nil, 0, nil, nil) == 1 else {
            throw .last(.unavailable, "Could not write a private key as text", check: "Check the memory limit.")
        }
        return output.text()
    }

    /// The size of the modulus or of the curve, in bits.
    package var sizeInBits: Int { unsafe Int(EVP_PKEY_get_bits(handle)) }

    private static func failure(_ pem: String) -> OpenSSLError {
        // PKCS #8 says so in the block's name, the older forms in a header.
        guard pem.contains("ENCRYPTED") else {
            return .last(
                .malformedKey,
                "Could not read the private key",
                check: "Check that the text is a whole PEM block such as '-----BEGIN PRIVATE KEY-----'."
            )
        }
        ERR_clear_error()
        return OpenSSLError(
            .encryptedKey,
            "Could not read the private key: it is encrypted. Store it without a passphrase, as 'openssl pkey' writes it."
        )
    }
}
