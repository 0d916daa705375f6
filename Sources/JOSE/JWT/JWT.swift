// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A token whose claims were read and whose signature was not checked.
///
/// For finding out who would have issued it, and for tokens that are somebody else's to verify; to act on one, use
/// ``verified(with:policy:at:)``.
package struct UnverifiedJWT: Sendable {
    /// The text itself, to be sent on.
    package let text: Redacted<String>
    /// What stands in front of the claims.
    package var header: JWSHeader { signed.header }
    /// What the token says, for which nobody vouches.
    package let claims: Claims
    private let signed: CompactJWS

    /// Reads a token.
    package init(_ text: Redacted<String>, limits: JWSLimits = JWSLimits()) throws(TokenError) {
        signed = try CompactJWS(text.exposed, limits: limits)
        let payload: JSONValue
        do {
            payload = try JSONValue(parsing: signed.payload, limits: limits.json)
        } catch { throw TokenError(.malformed) }
        guard case .object(let members) = payload else { throw TokenError(.malformed) }
        claims = try Claims(members)
        self.text = text
    }

    /// The claims, once the signature is checked and the policy holds.
    ///
    /// - Parameters:
    ///   - keys: The issuer's.
    ///   - policy: What is expected.
    ///   - now: The time to judge by.
    /// - Returns: What the token says, for which the issuer vouches.
    /// - Throws: ``TokenError``.
    package func verified(
        with keys: JWKSet,
        policy: JWTPolicy,
        at now: NumericDate
    ) throws(TokenError) -> Claims {
        // Cheap checks on what the token itself says come first; none of them tells anything secret.
        try policy.check(header)
        try signed.verify(with: keys, algorithms: policy.algorithms)
        try policy.check(claims, at: now)
        return claims
    }
}
