// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What a token must be, to be accepted.
///
/// The member `iss`, `aud` and `exp` are always needed. Texts are compared byte for byte, because identifiers that are normalised
/// can be confused ([RFC 8725 §3.8](https://www.rfc-editor.org/rfc/rfc8725#section-3.8)).
package struct JWTPolicy: Hashable, Sendable {
    /// What the header's `typ` may be.
    package enum TypeRule: Hashable, Sendable {
        /// One of these must be given.
        case oneOf([String])
        /// One of these, or none at all: for ID tokens, which mostly have `JWT` or nothing.
        case oneOfOrAbsent([String])
    }

    /// The member `iss`.
    package var issuer: String
    /// `aud` must name one of them.
    package var audiences: [String]
    /// `azp` must be one of them if it is there, and must be there when `aud` names several
    /// ([OpenID Connect Core §3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation)); `nil`
    /// does not ask.
    package var authorizedParties: [String]?
    /// What the issuer may sign with.
    package var algorithms: Set<SignatureAlgorithm>
    /// What kind of token it must be.
    package var type: TypeRule
    /// How far the issuer's clock may be off, for `exp`, `nbf` and `iat`.
    package var leeway: Duration
    /// How long ago `iat` may be; `nil` does not ask.
    package var maximumAge: Duration?
    /// How long after `iat` the token may expire; `nil` does not ask.
    package var maximumLifetime: Duration?
    /// Claims that must be there besides.
    package var requiredClaims: Set<ClaimName>
    /// Claims that must not be there, because tokens of another kind have them.
    package var refusedClaims: Set<ClaimName>
    /// `nonce` of the request that the token answers; `nil` does not ask.
    package var nonce: String?

    package init(
        issuer: String,
        audiences: [String],
        authorizedParties: [String]? = nil,
        algorithms: Set<SignatureAlgorithm> = Set(SignatureAlgorithm.allCases),
        type: TypeRule = .oneOfOrAbsent(["JWT"]),
        leeway: Duration = .seconds(30),
        maximumAge: Duration? = nil,
        maximumLifetime: Duration? = nil,
        requiredClaims: Set<ClaimName> = [.subject, .issuedAt],
        refusedClaims: Set<ClaimName> = [.events],
        nonce: String? = nil
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.authorizedParties = authorizedParties
        self.algorithms = algorithms
        self.type = type
        self.leeway = leeway
        self.maximumAge = maximumAge
        self.maximumLifetime = maximumLifetime
        self.requiredClaims = requiredClaims
        self.refusedClaims = refusedClaims
        self.nonce = nonce
    }

    /// Checks what kind of token it is.
    package func check(_ header: JWSHeader) throws(TokenError) {
        switch type {
        case .oneOfOrAbsent where header.type == nil: return
        case .oneOf(let types), .oneOfOrAbsent(let types):
            guard types.contains(where: header.hasType) else { throw TokenError(.wrongType) }
        }
    }

    /// Checks who issued it, for whom, and when.
    package func check(_ claims: Claims, at now: NumericDate) throws(TokenError) {
        guard let tokenIssuer = claims.issuer else { throw TokenError(.missingClaim, .issuer) }
        guard tokenIssuer.hasSameBytes(as: issuer) else { throw TokenError(.wrongIssuer, .issuer) }
        try checkAudience(claims)
        for claim in ClaimName.allCases {
            if requiredClaims.contains(claim), !claims.has(claim) { throw TokenError(.missingClaim, claim) }
            if refusedClaims.contains(claim), claims.has(claim) { throw TokenError(.unexpectedClaim, claim) }
        }
        if let nonce {
            guard let given = claims.nonce else { throw TokenError(.missingClaim, .nonce) }
            guard given.hasSameBytes(as: nonce) else { throw TokenError(.wrongNonce, .nonce) }
        }
        try checkTimes(claims, at: now)
    }

    private func checkAudience(_ claims: Claims) throws(TokenError) {
        guard !claims.audiences.isEmpty else { throw TokenError(.missingClaim, .audience) }
        guard claims.audiences.contains(where: { Self.isOne($0, of: audiences) }) else {
            throw TokenError(.wrongAudience, .audience)
        }
        guard let authorizedParties else { return }
        guard let party = claims.authorizedParty else {
            guard claims.audiences.count == 1 else { throw TokenError(.missingClaim, .authorizedParty) }
            return
        }
        guard Self.isOne(party, of: authorizedParties) else {
            throw TokenError(.wrongAuthorizedParty, .authorizedParty)
        }
    }

    private func checkTimes(_ claims: Claims, at now: NumericDate) throws(TokenError) {
        guard let expiry = claims.expiry else { throw TokenError(.missingClaim, .expiry) }
        guard now < expiry.advanced(by: leeway) else { throw TokenError(.expired, .expiry) }
        if let notBefore = claims.notBefore, now.advanced(by: leeway) < notBefore {
            throw TokenError(.notYetValid, .notBefore)
        }
        guard let issuedAt = claims.issuedAt else {
            guard maximumAge == nil, maximumLifetime == nil else { throw TokenError(.missingClaim, .issuedAt) }
            return
        }
        guard issuedAt <= now.advanced(by: leeway) else { throw TokenError(.notYetValid, .issuedAt) }
        guard issuedAt < expiry else { throw TokenError(.unacceptableLifetime, .expiry) }
        if let maximumLifetime, issuedAt.duration(to: expiry) > maximumLifetime {
            throw TokenError(.unacceptableLifetime, .expiry)
        }
        if let maximumAge, issuedAt.duration(to: now) > maximumAge + leeway { throw TokenError(.tooOld, .issuedAt) }
    }

    private static func isOne(_ text: String, of texts: [String]) -> Bool {
        texts.contains { $0.hasSameBytes(as: text) }
    }
}
