// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
import OpenSSL

/// An access token for one MCP server and one user.
///
/// It goes into the `Authorization` header of requests to that server and to nowhere else.
package struct BrokeredToken: Sendable {
    /// What is sent.
    package let token: Redacted<String>
    /// What it may be used for, as far as the authorization server said so.
    package let scopes: [String]
    /// How long it is still good for.
    package let lifetime: Duration
    /// Stands for the token where it is given back, so that no other one is dropped for it.
    let digest: SHA256.Digest
    /// What was asked for when it was obtained.
    let requestedScopes: ScopeList

    init(token: Redacted<String>, scopes: Set<String>, requestedScopes: ScopeList, lifetime: Duration) {
        self.token = token
        let requested = requestedScopes.scopes
        // Mostly what was asked for, which all tokens of a server share.
        self.scopes = scopes.count == requested.count && scopes.isSuperset(of: requested) ? requested : scopes.sorted()
        self.requestedScopes = requestedScopes
        self.lifetime = lifetime
        digest = SHA256.Digest(of: Array(token.exposed.utf8))
    }

    /// The same token, some time later.
    func remaining(_ lifetime: Duration) -> BrokeredToken { BrokeredToken(self, lifetime: lifetime) }

    private init(_ other: BrokeredToken, lifetime: Duration) {
        token = other.token
        scopes = other.scopes
        digest = other.digest
        requestedScopes = other.requestedScopes
        self.lifetime = lifetime
    }
}
