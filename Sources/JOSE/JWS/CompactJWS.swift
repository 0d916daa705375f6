// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// A signed text of three parts, taken apart and not verified:
/// [RFC 7515 §3.1](https://www.rfc-editor.org/rfc/rfc7515#section-3.1).
///
/// It prints without what it holds, because whoever has the text has the token.
package struct CompactJWS: Sendable {
    private struct Parts: Sendable {
        var signingInput: [UInt8]
        var payload: [UInt8]
        var signature: [UInt8]
    }

    /// What the sender says of the signature.
    package let header: JWSHeader
    private let parts: Redacted<Parts>

    /// Most keys that are tried for a token that names none.
    static let candidateLimit = 8

    /// Takes a token apart.
    ///
    /// - Throws: ``TokenError``; ``TokenError/Code/encrypted`` for the five parts of a JWE.
    package init(_ text: String, limits: JWSLimits = JWSLimits()) throws(TokenError) {
        let bytes = Array(text.utf8.prefix(limits.maximumBytes + 1))
        guard bytes.count <= limits.maximumBytes else { throw TokenError(.tooLarge) }
        let pieces = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard pieces.count != 5 else { throw TokenError(.encrypted) }
        guard pieces.count == 3, pieces[0].count <= limits.maximumHeaderBytes / 3 * 4 + 4,
            let header = Base64URL.decode(pieces[0]), header.count <= limits.maximumHeaderBytes,
            let payload = Base64URL.decode(pieces[1]), let signature = Base64URL.decode(pieces[2])
        else { throw TokenError(.malformed) }
        let members: JSONValue
        do { members = try JSONValue(parsing: header, limits: limits.json) } catch { throw TokenError(.malformed) }
        self.header = try JWSHeader(members, limits: limits)
        parts = Redacted(
            Parts(
                signingInput: Array(bytes[..<pieces[1].endIndex]),
                payload: payload,
                signature: signature
            )
        )
    }

    /// What is signed; nobody has vouched for it before ``verify(with:algorithms:)``.
    package var payload: [UInt8] { parts.exposed.payload }

    /// Checks the signature with the issuer's keys.
    ///
    /// A token that names a key is checked with the keys of that ID, of which there may be several; one that names none
    /// with those that fit its algorithm.
    ///
    /// - Parameters:
    ///   - keys: The issuer's, whose name is known from elsewhere than from the token.
    ///   - algorithms: Those the issuer may use.
    /// - Returns: The key that signed.
    /// - Throws: ``TokenError``.
    @discardableResult
    package func verify(
        with keys: JWKSet,
        algorithms: Set<SignatureAlgorithm>
    ) throws(TokenError) -> JWK {
        guard let algorithm = SignatureAlgorithm(rawValue: header.algorithm), algorithms.contains(algorithm) else {
            throw TokenError(.unsupportedAlgorithm)
        }
        let named = keys.keys(withID: header.keyID)
        guard !named.isEmpty else { throw TokenError(.unknownKey) }
        let candidates = named.filter { $0.fits(algorithm) }
        guard !candidates.isEmpty else {
            throw TokenError(header.keyID == nil ? .unknownKey : .unsuitableKey)
        }
        guard candidates.count <= Self.candidateLimit else { throw TokenError(.ambiguousKey) }
        let parts = parts.exposed
        for key in candidates
        where key.isValid(parts.signature, for: parts.signingInput, algorithm: algorithm) {
            return key
        }
        throw TokenError(.badSignature)
    }
}
