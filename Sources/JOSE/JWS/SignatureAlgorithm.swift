// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import OpenSSL

/// The algorithms a token may be signed with, under their
/// [registered names](https://www.rfc-editor.org/rfc/rfc7518#section-3.1).
///
/// `none` and the symmetric algorithms are no members, so no list can allow them.
package enum SignatureAlgorithm: String, Hashable, Sendable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    /// Ed25519 alone; Ed448 is not supported ([RFC 8037 §3.1](https://www.rfc-editor.org/rfc/rfc8037#section-3.1)).
    case edDSA = "EdDSA"
    /// The same, under the name that says so ([RFC 9864 §2.2](https://www.rfc-editor.org/rfc/rfc9864#section-2.2)).
    case ed25519 = "Ed25519"

    /// What the algorithm does.
    package var scheme: SignatureScheme {
        switch self {
        case .rs256: .rsaPKCS1(.sha256)
        case .rs384: .rsaPKCS1(.sha384)
        case .rs512: .rsaPKCS1(.sha512)
        case .ps256: .rsaPSS(.sha256)
        case .ps384: .rsaPSS(.sha384)
        case .ps512: .rsaPSS(.sha512)
        case .es256: .ecdsa(.p256)
        case .es384: .ecdsa(.p384)
        case .es512: .ecdsa(.p521)
        case .edDSA, .ed25519: .ed25519
        }
    }

    /// The algorithm a key of that kind signs with unless another is asked for.
    package static func standard(for kind: KeyKind) -> SignatureAlgorithm {
        switch kind {
        case .rsa: .rs256
        case .ellipticCurve(.p256): .es256
        case .ellipticCurve(.p384): .es384
        case .ellipticCurve(.p521): .es512
        case .ed25519: .edDSA
        }
    }
}
