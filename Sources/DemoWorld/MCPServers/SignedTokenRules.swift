// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
package import JSON

/// By what an MCP server without an authorization server of its own believes an ID token.
package struct SignedTokenRules: Sendable {
    /// The only issuer that is believed; compared byte for byte.
    package var issuer: String
    /// What its `aud` must have, maybe among others.
    package var audience: String
    /// The server that it opens.
    package var resource: String

    package init(issuer: String, audience: String, resource: String) {
        self.issuer = issuer
        self.audience = audience
        self.resource = resource
    }

    /// What a token stands for; `nil` if it is not good here.
    ///
    /// - Parameters:
    ///   - token: As it was sent.
    ///   - keys: Those that the issuer publishes.
    ///   - now: The time to judge by.
    /// - Returns: Who sent it, with all that it says.
    package func accept(_ token: Redacted<String>, keys: JWKSet, at now: NumericDate) -> AccessGrant? {
        let policy = JWTPolicy(
            issuer: issuer,
            audiences: [audience],
            algorithms: [.es256],
            type: .oneOf(["JWT"]),
            leeway: .zero
        )
        let claims: Claims
        do { claims = try UnverifiedJWT(token).verified(with: keys, policy: policy, at: now) } catch {
            // Whoever sent it learns that it is not good, and nothing else.
            return nil
        }
        guard let subject = claims.subject, let expiry = claims.expiry else { return nil }
        return AccessGrant(
            subject: subject,
            clientID: claims.authorizedParty ?? "",
            resource: resource,
            scopes: Scopes(),
            expiry: expiry,
            claims: claims.members
        )
    }
}
