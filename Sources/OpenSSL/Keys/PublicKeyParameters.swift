// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The numbers a public key consists of, each big-endian.
package enum PublicKeyParameters: Hashable, Sendable {
    /// Leading zeros are allowed and mean nothing.
    case rsa(modulus: [UInt8], exponent: [UInt8])
    /// Each coordinate has exactly the curve's length.
    case ellipticCurve(EllipticCurve, x: [UInt8], y: [UInt8])
    /// The 32 bytes of [RFC 8032 §5.1.2](https://www.rfc-editor.org/rfc/rfc8032#section-5.1.2).
    case ed25519([UInt8])
}
