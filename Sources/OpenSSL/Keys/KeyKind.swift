// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// What a key is, as far as it decides which signatures it can make.
package enum KeyKind: Hashable, Sendable {
    case rsa(bits: Int)
    case ellipticCurve(EllipticCurve)
    case ed25519

    /// The sizes of a modulus that are accepted.
    ///
    /// Less can be factored, and more only costs time, which a peer must not be able to spend.
    package static let modulusBits = 2_048...8_192

    /// What kind of key OpenSSL holds.
    ///
    /// - Throws: ``OpenSSLError/Code/unsupportedKey``.
    init(_ handle: OpaquePointer) throws(OpenSSLError) {
        if unsafe EVP_PKEY_is_a(handle, "RSA") == 1 {
            let bits = unsafe Int(EVP_PKEY_get_bits(handle))
            guard Self.modulusBits.contains(bits) else { throw Self.unsupported("its modulus has \(bits) bits") }
            self = .rsa(bits: bits)
        } else if unsafe EVP_PKEY_is_a(handle, "ED25519") == 1 {
            self = .ed25519
        } else if unsafe EVP_PKEY_is_a(handle, "EC") == 1 {
            var name = [CChar](repeating: 0, count: 80)
            var count = 0
            guard unsafe EVP_PKEY_get_group_name(handle, &name, name.count, &count) == 1 else {
                throw .last(.unsupportedKey, "Could not use a key", check: "Make one on P-256, P-384 or P-521.")
            }
            let group = String(decoding: name.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard let curve = EllipticCurve.allCases.first(where: { $0.groupName == group }) else {
                throw Self.unsupported("it is on another curve")
            }
            self = .ellipticCurve(curve)
        } else {
            throw Self.unsupported("it is of another kind")
        }
    }

    static func unsupported(_ reason: String) -> OpenSSLError {
        OpenSSLError(
            .unsupportedKey,
            "Could not use a key: \(reason). Use RSA of 2048 to 8192 bits, P-256, P-384, P-521 or Ed25519."
        )
    }
}
