// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The two forms of an ECDSA signature.
///
/// JWS writes both numbers one after the other at full length
/// ([RFC 7518 §3.4](https://www.rfc-editor.org/rfc/rfc7518#section-3.4)); OpenSSL speaks DER.
enum ECDSASignature {
    private static let sequenceTag: UInt8 = 0x30
    private static let integerTag: UInt8 = 0x02

    /// The DER form, or `nil` if `raw` has not the curve's length or one of the numbers is zero.
    static func der(raw: [UInt8], curve: EllipticCurve) -> [UInt8]? {
        guard raw.count == 2 * curve.byteCount else { return nil }
        let halves = [raw.prefix(curve.byteCount), raw.suffix(curve.byteCount)]
        guard halves.allSatisfy({ $0.contains { $0 != 0 } }) else { return nil }
        let content = halves.flatMap { half in
            var digits = Array(half.drop { $0 == 0 })
            // A number whose first bit is set would be negative.
            if let first = digits.first, first >= 0x80 { digits.insert(0, at: 0) }
            return [integerTag, UInt8(truncatingIfNeeded: digits.count)] + digits
        }
        let count = UInt8(truncatingIfNeeded: content.count)
        return [sequenceTag] + (count < 0x80 ? [count] : [0x81, count]) + content
    }

    /// The form of JWS, or `nil` if `der` is no signature on the curve.
    static func raw(der: [UInt8], curve: EllipticCurve) -> [UInt8]? {
        var rest = der[...]
        guard rest.popFirst() == sequenceTag, let short = rest.popFirst() else { return nil }
        if short == 0x81 { _ = rest.popFirst() } else if short >= 0x80 { return nil }
        var raw: [UInt8] = []
        for _ in 0..<2 {
            guard rest.popFirst() == integerTag, let count = rest.popFirst(), count <= rest.count else { return nil }
            let digits = rest.prefix(Int(count)).drop { $0 == 0 }
            guard digits.count <= curve.byteCount else { return nil }
            raw += repeatElement(0, count: curve.byteCount - digits.count)
            raw += digits
            rest = rest.dropFirst(Int(count))
        }
        return rest.isEmpty ? raw : nil
    }
}
