// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
package import JSON

/// An access token and what it is good for.
///
/// It goes into the `Authorization` header of requests to its resource and to nowhere else.
package struct AccessToken: Sendable {
    /// What is sent.
    package let token: Redacted<String>
    /// How long it may be used; zero for once, `nil` if the server does not say.
    package let lifetime: Duration?
    /// Scopes that were granted, as a set.
    package let scopes: Set<String>
    /// Whether the server says that it granted more than was asked for.
    package let hasUnrequestedScopes: Bool

    /// Reads the answer to a request.
    ///
    /// Only bearer tokens are understood. A refresh token in it is dropped: the policy is asked each time.
    ///
    /// - Parameters:
    ///   - response: The answer.
    ///   - requestedScope: What was asked for; it was granted if the server does not say otherwise
    ///     ([RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)).
    ///   - resource: Where the token will be used. A server that names resources must name that one and no other.
    /// - Throws: ``TokenEndpointError`` with ``TokenEndpointError/Code/unexpectedToken``.
    package init(
        _ response: TokenResponse,
        requestedScope: String?,
        resource: String?
    ) throws(TokenEndpointError) {
        guard response.hasTokenType("Bearer") else { throw .unexpected("a 'token_type' other than Bearer") }
        if let issued = response.issuedTokenType, issued != .accessToken, issued != .jwt {
            throw .unexpected("an 'issued_token_type' that is no access token")
        }
        if let resource, let named = response.resources, !named.allSatisfy({ $0.hasSameBytes(as: resource) }) {
            throw .unexpected("a token for another resource than the one requested")
        }
        let requested = ScopeSet.scopes(of: requestedScope)
        let granted = response.scope.map(ScopeSet.scopes) ?? requested
        token = response.token
        lifetime = response.lifetime
        hasUnrequestedScopes = !requested.isEmpty && !granted.isSubset(of: requested)
        scopes = hasUnrequestedScopes ? granted.intersection(requested) : granted
    }

    /// A token that its server is given as it is: one that was exchanged and verified, or the user's own.
    ///
    /// - Parameters:
    ///   - token: What is sent.
    ///   - lifetime: How long it may be used; `nil` if only the token says so.
    ///   - scopes: What it is known to be good for.
    package init(_ token: Redacted<String>, lifetime: Duration?, scopes: Set<String> = []) {
        self.token = token
        self.lifetime = lifetime
        self.scopes = scopes
        hasUnrequestedScopes = false
    }
}

/// Scopes as sets: their order and repetition mean nothing (RFC 6749 §3.3).
package enum ScopeSet {
    /// The scopes of a text that separates them by spaces.
    package static func scopes(of text: String?) -> Set<String> {
        Set((text ?? "").split(separator: " ").map(String.init))
    }
}
