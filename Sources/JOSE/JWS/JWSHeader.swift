// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// The protected header of a token, before anything is verified.
///
/// The member `jwk`, `jku`, `x5u` and `x5c` are not looked at: keys come from the issuer's set and from nowhere else, and some
/// providers send them.
package struct JWSHeader: Hashable, Sendable {
    /// The member `alg`; ``SignatureAlgorithm`` or not.
    package let algorithm: String
    /// The member `kid`, which means nothing but itself: it is compared and never used as a path or a query.
    package let keyID: String?
    /// The member `typ`, as sent.
    package let type: String?

    init(_ json: JSONValue, limits: JWSLimits) throws(TokenError) {
        guard case .object(let members) = json else { throw TokenError(.malformed) }
        // A reader must refuse extensions that it does not understand (RFC 7515 §4.1.11), and we understand none. `b64`
        // changes what is signed (RFC 7797), so without `crit` it is refused as well. `zip` and `enc` are JWE's.
        guard ["crit", "b64", "zip", "enc"].allSatisfy({ members[$0] == nil }) else {
            throw TokenError(.unsupportedHeader)
        }
        guard case .string(let algorithm) = members["alg"] else { throw TokenError(.malformed) }
        self.algorithm = algorithm
        keyID = try Self.text(members["kid"])
        type = try Self.text(members["typ"])
        guard (keyID?.utf8.count ?? 0) <= limits.maximumKeyIDBytes else { throw TokenError(.malformed) }
    }

    /// Whether `typ` is that media type.
    ///
    /// Case has no meaning, and `application/` may be left out when nothing else holds a slash
    /// ([RFC 7515 §4.1.9](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.9)).
    package func hasType(_ expected: String) -> Bool {
        type.map { Self.mediaType($0) == Self.mediaType(expected) } ?? false
    }

    private static func mediaType(_ text: String) -> [UInt8] {
        let lowercased = text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        return lowercased.contains(UInt8(ascii: "/")) ? lowercased : Array("application/".utf8) + lowercased
    }

    private static func text(_ value: JSONValue?) throws(TokenError) -> String? {
        guard let value else { return nil }
        guard case .string(let text) = value else { throw TokenError(.malformed) }
        return text
    }
}
