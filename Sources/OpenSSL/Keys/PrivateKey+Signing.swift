// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

extension PrivateKey {
    /// What the key is.
    ///
    /// - Throws: ``OpenSSLError/Code/unsupportedKey`` for a key that may serve TLS but signs no tokens.
    package borrowing func kind() throws(OpenSSLError) -> KeyKind { unsafe try KeyKind(handle) }

    /// Signs a message.
    ///
    /// - Returns: The signature as JWS has it: for ECDSA the two numbers one after the other.
    /// - Throws: ``OpenSSLError`` when the scheme does not fit the key, or OpenSSL cannot sign.
    package borrowing func sign(_ message: [UInt8], scheme: SignatureScheme) throws(OpenSSLError) -> [UInt8] {
        guard scheme.fits(try kind()) else { throw KeyKind.unsupported("it does not fit the signature asked for") }
        ERR_clear_error()
        guard let context = unsafe EVP_MD_CTX_new() else { throw Self.signingFailure }
        defer { unsafe EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?
        guard unsafe EVP_DigestSignInit(context, &keyContext, scheme.digest?.handle, nil, handle) == 1,
            unsafe scheme.configure(keyContext)
        else { throw Self.signingFailure }
        var count = 0
        guard unsafe EVP_DigestSign(context, nil, &count, message, message.count) == 1, count > 0 else {
            throw Self.signingFailure
        }
        var signature = [UInt8](repeating: 0, count: count)
        guard unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1,
            count <= signature.count
        else { throw Self.signingFailure }
        signature.removeLast(signature.count - count)
        guard case .ecdsa(let curve) = scheme else { return signature }
        guard let raw = ECDSASignature.raw(der: signature, curve: curve) else { throw Self.signingFailure }
        return raw
    }

    /// The numbers of the public key that belongs to this one.
    package borrowing func publicParameters() throws(OpenSSLError) -> PublicKeyParameters {
        switch try kind() {
        case .rsa:
            .rsa(
                modulus: try number(OSSL_PKEY_PARAM_RSA_N, byteCount: nil),
                exponent: try number(OSSL_PKEY_PARAM_RSA_E, byteCount: nil)
            )
        case .ellipticCurve(let curve):
            .ellipticCurve(
                curve,
                x: try number(OSSL_PKEY_PARAM_EC_PUB_X, byteCount: curve.byteCount),
                y: try number(OSSL_PKEY_PARAM_EC_PUB_Y, byteCount: curve.byteCount)
            )
        case .ed25519: .ed25519(try rawPublicKey())
        }
    }

    private borrowing func rawPublicKey() throws(OpenSSLError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        ERR_clear_error()
        guard unsafe EVP_PKEY_get_raw_public_key(handle, &bytes, &count) == 1, count == bytes.count else {
            throw Self.parameterFailure
        }
        return bytes
    }

    /// A parameter, padded to `byteCount` or as short as it gets.
    private borrowing func number(_ name: String, byteCount: Int?) throws(OpenSSLError) -> [UInt8] {
        var value: OpaquePointer?
        ERR_clear_error()
        guard unsafe EVP_PKEY_get_bn_param(handle, name, &value) == 1, let value = unsafe value else {
            throw Self.parameterFailure
        }
        defer { unsafe BN_free(value) }
        let length = unsafe byteCount ?? Int(BN_num_bits(value) + 7) / 8
        var bytes = [UInt8](repeating: 0, count: length)
        guard let count = Int32(exactly: length), unsafe BN_bn2binpad(value, &bytes, count) == count else {
            throw Self.parameterFailure
        }
        return bytes
    }

    private static var signingFailure: OpenSSLError {
        .last(.unavailable, "Could not sign with a private key", check: "Check OpenSSL's configuration.")
    }

    private static var parameterFailure: OpenSSLError {
        .last(.unavailable, "Could not read the public part of a private key", check: "Check the key.")
    }
}
