// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// A way to sign: the mathematics and the digest together, as JWS names them.
package enum SignatureScheme: Hashable, Sendable {
    /// RSASSA-PKCS1-v1_5.
    case rsaPKCS1(DigestAlgorithm)
    /// RSASSA-PSS with MGF1 of the same digest, and a salt as long as the digest.
    case rsaPSS(DigestAlgorithm)
    /// ECDSA, each curve with the digest of its size.
    case ecdsa(EllipticCurve)
    /// Ed25519, which brings its own digest.
    case ed25519

    /// Whether a key of that kind can sign so.
    package func fits(_ kind: KeyKind) -> Bool {
        switch (self, kind) {
        case (.rsaPKCS1, .rsa), (.rsaPSS, .rsa), (.ed25519, .ed25519): true
        case (.ecdsa(let curve), .ellipticCurve(let other)): curve == other
        default: false
        }
    }

    /// The digest that OpenSSL is told; `nil` when it must be told none.
    var digest: DigestAlgorithm? {
        switch self {
        case .rsaPKCS1(let digest), .rsaPSS(let digest): digest
        case .ecdsa(.p256): .sha256
        case .ecdsa(.p384): .sha384
        case .ecdsa(.p521): .sha512
        case .ed25519: nil
        }
    }

    /// Sets padding and salt; the digest of MGF1 is that of the signature unless it is set.
    func configure(_ context: OpaquePointer?) -> Bool {
        switch self {
        case .rsaPKCS1: unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        case .rsaPSS:
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
        case .ecdsa, .ed25519: true
        }
    }
}
