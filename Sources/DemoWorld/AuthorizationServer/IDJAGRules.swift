// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
package import JSON

/// By what a resource authorization server believes an ID-JAG.
///
/// The order of the checks is from cheap to costly, and all that fail answer `invalid_grant`, so that nobody learns from
/// the answers what is behind them.
package struct IDJAGRules: Sendable {
    /// The longest subject that is accepted, as OpenID Connect has it.
    static let longestSubject = 255
    /// The longest `jti`, which has to be remembered.
    static let longestIdentifier = 256

    /// The only issuer that is believed; compared byte for byte.
    package var trustedIssuer: String
    /// The server's own issuer identifier, the only `aud` that is accepted; compared byte for byte.
    package var audience: String
    /// The scopes of each resource whose tokens this server issues, by its identifier.
    package var resources: [String: Scopes]
    /// Users who have an account, by the issuer's `sub`.
    package var subjects: Set<String>
    /// How far the issuer's clock may be off.
    package var leeway = Duration.seconds(30)
    /// The longest time from `iat` to `exp`, and the longest time since `iat`.
    package var longestLifetime = Duration.seconds(300)
    /// Whether a client may ask for less than the ID-JAG was granted.
    ///
    /// The profile wants the ID-JAG's scopes to be a part of those that are asked for, so not.
    package var allowsNarrowerScope = false

    package init(trustedIssuer: String, audience: String, resources: [String: Scopes], subjects: Set<String>) {
        self.trustedIssuer = trustedIssuer
        self.audience = audience
        self.resources = resources
        self.subjects = subjects
    }

    /// What is asked for besides the assertion.
    package struct Request: Hashable, Sendable {
        /// The client that authenticated.
        package var clientID: String
        /// The parameter `scope`.
        package var scopes: Scopes?
        /// The parameter `resource`.
        package var resource: String?

        package init(clientID: String, scopes: Scopes? = nil, resource: String? = nil) {
            self.clientID = clientID
            self.scopes = scopes
            self.resource = resource
        }
    }

    /// What an ID-JAG entitles to, as long as it was not used before.
    package struct Acceptance: Hashable, Sendable {
        /// The user, as the issuer calls them.
        package var subject: String
        /// The member `jti`.
        package var identifier: String
        /// Until when the ID-JAG would be accepted, and so must be remembered.
        package var end: NumericDate
        /// The one resource that a token may be used at.
        package var resource: String
        /// What the token may be used for.
        package var scopes: Scopes
    }

    /// Judges an assertion.
    ///
    /// - Parameters:
    ///   - assertion: As it was sent.
    ///   - request: What it was sent with.
    ///   - keys: Those of ``trustedIssuer``.
    ///   - now: The time to judge by.
    /// - Returns: What it entitles to.
    /// - Throws: ``OAuthRefusal``.
    package func accept(
        _ assertion: Redacted<String>,
        for request: Request,
        keys: JWKSet,
        at now: NumericDate
    ) throws(OAuthRefusal) -> Acceptance {
        let claims: Claims
        do throws(TokenError) { claims = try verify(assertion, keys, now) } catch {
            throw Self.refusal("\(error)")
        }
        let (subject, identifier, expiry) = try bind(claims, to: request)
        let claimedResources = try Self.reading { () throws(TokenError) in try claims.texts(.resource) }
        let resource = try resource(claimedResources, request)
        let claimedScopes = try Self.reading { () throws(TokenError) in try claims.text(.scope) }
        return Acceptance(
            subject: subject,
            identifier: identifier,
            end: expiry.advanced(by: leeway),
            resource: resource,
            scopes: try scopes(claimedScopes, request, at: resource)
        )
    }

    private func verify(
        _ assertion: Redacted<String>,
        _ keys: JWKSet,
        _ now: NumericDate
    ) throws(TokenError) -> Claims {
        let token = try UnverifiedJWT(assertion)
        // Before the signature: a token of another issuer costs no signature check.
        guard let issuer = token.claims.issuer, issuer.hasSameBytes(as: trustedIssuer) else {
            throw TokenError(.wrongIssuer, .issuer)
        }
        let policy = JWTPolicy(
            issuer: trustedIssuer,
            audiences: [audience],
            algorithms: [.es256],
            type: .oneOf([TokenKind.idJAGHeader]),
            leeway: leeway,
            maximumAge: longestLifetime,
            maximumLifetime: longestLifetime,
            requiredClaims: [.subject, .issuedAt, .identifier, .clientID],
            // Proofs of possession and delegation are not understood here, and what is not understood is refused.
            refusedClaims: [.events, .confirmation, .actor, .nonce]
        )
        return try token.verified(with: keys, policy: policy, at: now)
    }

    /// Checks what the policy of tokens does not know.
    private func bind(
        _ claims: Claims,
        to request: Request
    ) throws(OAuthRefusal) -> (subject: String, identifier: String, expiry: NumericDate) {
        guard claims.audiences.count == 1 else { throw Self.refusal("Its 'aud' names others besides this server.") }
        let clientID = try Self.reading { () throws(TokenError) in try claims.text(.clientID) }
        guard let clientID, clientID.hasSameBytes(as: request.clientID) else {
            throw Self.refusal("Its 'client_id' is not the client that sent it.")
        }
        guard let subject = claims.subject, subject.utf8.count <= Self.longestSubject,
            subjects.contains(where: subject.hasSameBytes)
        else { throw Self.refusal("Its 'sub' has no account here.") }
        guard let identifier = claims.identifier, identifier.utf8.count <= Self.longestIdentifier,
            let expiry = claims.expiry
        else { throw Self.refusal("Its 'jti' is too long.") }
        guard claims.members["authorization_details"] == nil else {
            throw Self.refusal("It has 'authorization_details', which are not supported here.")
        }
        return (subject, identifier, expiry)
    }

    /// The one resource that the token will be for.
    private func resource(_ claimed: [String]?, _ request: Request) throws(OAuthRefusal) -> String {
        let claimed = if let claimed { claimed } else { try onlyResource() }
        for resource in claimed where !resources.keys.contains(where: resource.hasSameBytes) {
            throw Self.refusal("Its 'resource' is none of this server's.")
        }
        if let requested = request.resource {
            guard claimed.contains(where: requested.hasSameBytes) else {
                throw OAuthRefusal(.invalidTarget, "The parameter 'resource' is not in the ID-JAG.")
            }
            return requested
        }
        guard claimed.count == 1, let resource = claimed.first else {
            throw Self.refusal("It names several resources. Send the parameter 'resource'.")
        }
        return resource
    }

    private func onlyResource() throws(OAuthRefusal) -> [String] {
        guard resources.count == 1 else { throw Self.refusal("It names no resource, and this server has several.") }
        return Array(resources.keys)
    }

    private func scopes(_ claimed: String?, _ request: Request, at resource: String) throws(OAuthRefusal) -> Scopes {
        guard let claimed = Scopes(parsing: claimed ?? "") else {
            throw Self.refusal("Its 'scope' has a character that scopes do not have.")
        }
        guard claimed.names.isSubset(of: resources[resource]?.names ?? []) else {
            throw Self.refusal("Its 'scope' has one that the resource does not know.")
        }
        let granted = Scopes(request.scopes.map { $0.names.intersection(claimed.names) } ?? claimed.names)
        guard !granted.isEmpty else {
            throw OAuthRefusal(.invalidScope, "Nothing remains of the scopes that are asked for and granted.")
        }
        guard allowsNarrowerScope || granted == claimed else {
            throw Self.refusal("Its 'scope' is more than what is asked for. Ask for exactly what it was granted.")
        }
        return granted
    }

    private static func reading<Value>(_ read: () throws(TokenError) -> Value) throws(OAuthRefusal) -> Value {
        do throws(TokenError) { return try read() } catch { throw refusal("\(error)") }
    }

    private static func refusal(_ reason: String) -> OAuthRefusal {
        OAuthRefusal(.invalidGrant, "The ID-JAG is not accepted. \(reason)")
    }
}
