// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// A public key owned by OpenSSL.
///
/// It has one owner and no copies; to use a key from many tasks, share what owns it.
@safe package struct PublicKey: ~Copyable, @unchecked Sendable {  // Nothing changes the key once it is made.
    let handle: OpaquePointer  // EVP_PKEY *
    /// What the key is.
    package let kind: KeyKind

    /// Makes a key of its parameters, which may come from anywhere.
    ///
    /// - Parameter parameters: The numbers.
    /// - Throws: ``OpenSSLError`` with ``OpenSSLError/Code/malformedKey`` when they are none of a key, a point that is
    ///   not on its curve among them, and ``OpenSSLError/Code/unsupportedKey`` for a size that is not accepted.
    package init(_ parameters: PublicKeyParameters) throws(OpenSSLError) {
        let handle = unsafe try Self.handle(of: parameters)
        let kind: KeyKind
        do {
            kind = unsafe try KeyKind(handle)
        } catch {
            unsafe EVP_PKEY_free(handle)
            throw error
        }
        unsafe self.handle = handle
        self.kind = kind
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// Whether `signature` is this key's for `message`.
    ///
    /// A scheme that does not fit the key, and a signature that is no signature at all, are `false`: a verifier has no
    /// use for the difference.
    ///
    /// - Parameters:
    ///   - signature: As JWS has it: for ECDSA the two numbers one after the other.
    ///   - message: What was signed.
    ///   - scheme: How it was signed.
    /// - Returns: Whether the signature is the key's.
    package borrowing func isValid(_ signature: [UInt8], for message: [UInt8], scheme: SignatureScheme) -> Bool {
        guard scheme.fits(kind) else { return false }
        var signature = signature
        if case .ecdsa(let curve) = scheme {
            guard let encoded = ECDSASignature.der(raw: signature, curve: curve) else { return false }
            signature = encoded
        }
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?
        guard unsafe EVP_DigestVerifyInit(context, &keyContext, scheme.digest?.handle, nil, handle) == 1,
            unsafe scheme.configure(keyContext)
        else { return false }
        return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    private static func handle(of parameters: PublicKeyParameters) throws(OpenSSLError) -> OpaquePointer {
        ERR_clear_error()
        switch parameters {
        case .rsa(let modulus, let exponent):
            return unsafe try rsa(Array(modulus.drop { $0 == 0 }), Array(exponent.drop { $0 == 0 }))
        case .ellipticCurve(let curve, let x, let y):
            guard x.count == curve.byteCount, y.count == curve.byteCount else {
                throw malformed("a coordinate has the wrong length")
            }
            let point = [0x04] + x + y
            return unsafe try checked(copenssl_ec_public_key(curve.rawValue, point, point.count))
        case .ed25519(let bytes):
            guard bytes.count == 32 else { throw malformed("it has not 32 bytes") }
            return unsafe try checked(EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, bytes, bytes.count))
        }
    }

    private static func rsa(_ modulus: [UInt8], _ exponent: [UInt8]) throws(OpenSSLError) -> OpaquePointer {
        guard modulus.count <= KeyKind.modulusBits.upperBound / 8, let modulusCount = Int32(exactly: modulus.count)
        else { throw KeyKind.unsupported("its modulus is too long") }
        // Larger exponents make verification slow, and nobody uses them.
        guard (1...4).contains(exponent.count), let exponentCount = Int32(exactly: exponent.count) else {
            throw malformed("its exponent is not between 3 and 2^32")
        }
        guard let last = modulus.last, last & 1 == 1, exponent.last.map({ $0 & 1 }) == 1, exponent != [1] else {
            throw malformed("its modulus or its exponent is even or 1")
        }
        return unsafe try checked(copenssl_rsa_public_key(modulus, modulusCount, exponent, exponentCount))
    }

    private static func checked(_ handle: OpaquePointer?) throws(OpenSSLError) -> OpaquePointer {
        guard let handle = unsafe handle else {
            throw .last(.malformedKey, "Could not make a public key", check: "Check where its parameters come from.")
        }
        return unsafe handle
    }

    private static func malformed(_ reason: String) -> OpenSSLError {
        ERR_clear_error()
        return OpenSSLError(
            .malformedKey,
            "Could not make a public key: \(reason). Check where its parameters come from."
        )
    }
}
