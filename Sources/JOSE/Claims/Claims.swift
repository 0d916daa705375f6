// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// What a token says.
///
/// Reading checks types and ranges of the claims that are known here, and nothing else: whether to believe them is the
/// business of ``JWTPolicy``. A claim that is `null` is malformed, not absent, so that it cannot switch a check off.
package struct Claims: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// All members, as they were sent.
    package let members: JSONObject
    /// The member `iss`.
    package let issuer: String?
    /// The member `sub`.
    package let subject: String?
    /// The member `aud`, in one form whichever it was sent in; empty if there is none.
    package let audiences: [String]
    /// The member `exp`.
    package let expiry: NumericDate?
    /// The member `nbf`.
    package let notBefore: NumericDate?
    /// The member `iat`.
    package let issuedAt: NumericDate?
    /// The member `jti`.
    package let identifier: String?
    /// The member `azp`.
    package let authorizedParty: String?
    /// The member `sid`.
    package let sessionID: String?
    /// The member `auth_time`.
    package let authenticationTime: NumericDate?
    /// The member `acr`.
    package let authenticationContext: String?
    /// The member `amr`; empty if there is none.
    package let authenticationMethods: [String]
    /// The member `nonce`.
    package let nonce: String?

    /// How many elements an array of texts may have.
    package static let elementLimit = 64

    /// Reads the claims of a token's payload.
    package init(_ members: JSONObject) throws(TokenError) {
        self.members = members
        issuer = try Self.text(.issuer, in: members)
        subject = try Self.text(.subject, in: members)
        audiences = try Self.texts(.audience, in: members, allowsOneText: true) ?? []
        expiry = try Self.date(.expiry, in: members)
        notBefore = try Self.date(.notBefore, in: members)
        issuedAt = try Self.date(.issuedAt, in: members)
        identifier = try Self.text(.identifier, in: members)
        authorizedParty = try Self.text(.authorizedParty, in: members)
        sessionID = try Self.text(.sessionID, in: members)
        authenticationTime = try Self.date(.authenticationTime, in: members)
        authenticationContext = try Self.text(.authenticationContext, in: members)
        authenticationMethods = try Self.texts(.authenticationMethods, in: members, allowsOneText: false) ?? []
        nonce = try Self.text(.nonce, in: members)
    }

    /// Whether the claim is there.
    package func has(_ claim: ClaimName) -> Bool { members[claim.rawValue] != nil }

    /// A claim that is a text and not empty, or `nil` if it is not there.
    package func text(_ claim: ClaimName) throws(TokenError) -> String? { try Self.text(claim, in: members) }

    /// A claim that is a text or a list of texts, or `nil` if it is not there.
    package func texts(_ claim: ClaimName) throws(TokenError) -> [String]? {
        try Self.texts(claim, in: members, allowsOneText: true)
    }

    /// The names of the claims alone, because what they say is about a person.
    package var description: String { "Claims(\(members.keys.filter { ClaimName(rawValue: $0) != nil }))" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    private static func text(_ claim: ClaimName, in members: JSONObject) throws(TokenError) -> String? {
        guard let value = members[claim.rawValue] else { return nil }
        guard case .string(let text) = value, !text.isEmpty else { throw TokenError(.malformedClaim, claim) }
        return text
    }

    private static func texts(
        _ claim: ClaimName,
        in members: JSONObject,
        allowsOneText: Bool
    ) throws(TokenError) -> [String]? {
        guard let value = members[claim.rawValue] else { return nil }
        if allowsOneText, case .string(let text) = value, !text.isEmpty { return [text] }
        guard case .array(let elements) = value, (allowsOneText ? 1 : 0)...elementLimit ~= elements.count else {
            throw TokenError(.malformedClaim, claim)
        }
        var texts: [String] = []
        for element in elements {
            guard case .string(let text) = element, !text.isEmpty else { throw TokenError(.malformedClaim, claim) }
            texts.append(text)
        }
        return texts
    }

    private static func date(_ claim: ClaimName, in members: JSONObject) throws(TokenError) -> NumericDate? {
        guard let value = members[claim.rawValue] else { return nil }
        guard let date = NumericDate(claim: value) else { throw TokenError(.malformedClaim, claim) }
        return date
    }
}
