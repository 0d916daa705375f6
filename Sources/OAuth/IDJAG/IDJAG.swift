// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
import JSON

/// An identity assertion authorization grant, checked as far as its bearer can and must, before it is sent on.
///
/// The signature is for the authorization server to check. What it says is compared with what was asked for, so that a
/// provider that mixes up audiences or clients is found out here, and an ID-JAG never reaches a server it is not for. It is
/// used once: the type cannot be copied.
package struct IDJAG: ~Copyable, Sendable {
    private let text: Redacted<String>
    /// How long it is valid: the shorter of what it says itself and what came with it.
    package let lifetime: Duration
    /// Scopes that were granted, to be sent on as they are; `nil` if the provider says none.
    package let scope: String?
    /// The user at the provider, for records; `nil` if encrypted.
    ///
    /// It may differ from that of the subject token.
    package let subject: String?
    /// Whether it is bound to a key (`cnf`), which is not supported and will be refused.
    package let isBoundToKey: Bool

    /// Its media type, as `typ` has it.
    package static let type = "oauth-id-jag+jwt"

    /// Checks the answer to a token exchange, whose token types were checked before.
    ///
    /// - Parameters:
    ///   - response: The answer.
    ///   - expectation: What was asked for.
    ///   - requestedScope: The scopes asked for, which were granted unless the answer or the token says otherwise.
    ///   - now: The time to judge by.
    /// - Throws: ``IDJAGError``.
    package init(
        _ response: TokenResponse,
        expectation: IDJAGExpectation,
        requestedScope: String?,
        at now: NumericDate
    ) throws(IDJAGError) {
        let findings = try Self.read(response, expectation, requestedScope, now)
        text = response.token
        lifetime = findings.lifetime
        scope = findings.scope
        subject = findings.subject
        isBoundToKey = findings.isBoundToKey
    }

    /// The request that uses it up.
    ///
    /// - Parameters:
    ///   - resource: Where the access token will be used; `nil` leaves it out.
    ///   - sendsScope: Whether to repeat the scopes that were granted.
    /// - Returns: What to send to the authorization server, once.
    package consuming func redeem(resource: String?, sendsScope: Bool = true) -> JWTBearerRequest {
        JWTBearerRequest(assertion: text, scope: sendsScope ? scope : nil, resource: resource)
    }

    private struct Findings {
        var lifetime: Duration
        var scope: String?
        var subject: String?
        var isBoundToKey: Bool
    }

    private static func read(
        _ response: TokenResponse,
        _ expectation: IDJAGExpectation,
        _ requestedScope: String?,
        _ now: NumericDate
    ) throws(IDJAGError) -> Findings {
        let token: UnverifiedJWT
        do {
            token = try UnverifiedJWT(response.token)
        } catch {
            guard error.code == .encrypted else { throw unreadable(error) }
            guard expectation.acceptsEncrypted else {
                throw IDJAGError(.encrypted, "it is encrypted", advice: "Allow that, or have it signed only.")
            }
            return Findings(
                lifetime: response.lifetime ?? .seconds(60),
                scope: response.scope ?? requestedScope,
                subject: nil,
                isBoundToKey: false
            )
        }
        try check(token, expectation)
        let remaining = try remainingLifetime(token.claims, expectation, at: now)
        let claimedScope: String?
        do { claimedScope = try token.claims.text(.scope) } catch { throw unreadable(error) }
        return Findings(
            lifetime: min(remaining, response.lifetime ?? remaining),
            scope: claimedScope ?? response.scope ?? requestedScope,
            subject: token.claims.subject,
            isBoundToKey: token.claims.has(.confirmation)
        )
    }

    private static func check(_ token: UnverifiedJWT, _ expectation: IDJAGExpectation) throws(IDJAGError) {
        guard token.header.algorithm.lowercased() != "none" else {
            throw IDJAGError(.malformed, "it is not signed", advice: "Check the provider's configuration.")
        }
        guard token.header.hasType(IDJAG.type) else {
            throw IDJAGError(
                .wrongType,
                "its 'typ' is not '\(IDJAG.type)'",
                advice: "Check that the provider supports the grant."
            )
        }
        let claims = token.claims
        for claim in [ClaimName.issuer, .subject, .audience, .clientID, .identifier, .expiry] where !claims.has(claim) {
            throw IDJAGError(
                .invalidClaim,
                "the claim '\(claim.rawValue)' is missing",
                advice: "Check that the provider supports the grant."
            )
        }
        if let issuer = expectation.issuer, !(claims.issuer?.hasSameBytes(as: issuer) ?? false) {
            throw IDJAGError(
                .wrongIssuer,
                "its 'iss' is not '\(issuer)'",
                advice: "Check that the token endpoint belongs to that issuer."
            )
        }
        guard claims.audiences.count == 1, claims.audiences[0].hasSameBytes(as: expectation.audience) else {
            throw IDJAGError(
                .wrongAudience,
                "its 'aud' is not '\(expectation.audience)' alone, byte for byte",
                advice: "Register the MCP server's authorization server at the provider exactly so."
            )
        }
        try checkClientAndResource(claims, expectation)
    }

    private static func checkClientAndResource(
        _ claims: Claims,
        _ expectation: IDJAGExpectation
    ) throws(IDJAGError) {
        let clientID: String?
        let resources: [String]?
        do {
            clientID = try claims.text(.clientID)
            resources = try claims.texts(.resource)
        } catch { throw unreadable(error) }
        guard let clientID, clientID.hasSameBytes(as: expectation.clientID) else {
            throw IDJAGError(
                .wrongClient,
                "its 'client_id' is not '\(expectation.clientID)'",
                advice: "Map this gateway to that client at the provider."
            )
        }
        guard let resource = expectation.resource else { return }
        if let resources {
            guard resources.allSatisfy({ $0.hasSameBytes(as: resource) }) else {
                throw IDJAGError(
                    .wrongResource,
                    "its 'resource' is not '\(resource)' alone, byte for byte",
                    advice: "Register the MCP server at the provider exactly so."
                )
            }
        } else if expectation.requiresResource {
            throw IDJAGError(
                .wrongResource,
                "it has no 'resource'",
                advice: "Have the provider put the resource requested into it."
            )
        }
    }

    private static func remainingLifetime(
        _ claims: Claims,
        _ expectation: IDJAGExpectation,
        at now: NumericDate
    ) throws(IDJAGError) -> Duration {
        let remaining = claims.expiry.map { now.duration(to: $0) } ?? .zero
        guard remaining >= expectation.minimumLifetime else {
            throw IDJAGError(
                .expired,
                "it expires in less than \(expectation.minimumLifetime.components.seconds) s",
                advice: "Compare the provider's clock with ours."
            )
        }
        return remaining
    }

    private static func unreadable(_ error: TokenError) -> IDJAGError {
        error.claim.map {
            IDJAGError(
                .invalidClaim,
                "the claim '\($0.rawValue)' is not usable (\(error.code.rawValue))",
                advice: "Check that the provider supports the grant."
            )
        }
            ?? IDJAGError(
                .malformed,
                "it is no signed JWT that is accepted (\(error.code.rawValue))",
                advice: "Check that the provider supports the grant."
            )
    }
}
