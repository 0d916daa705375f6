// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
package import JSON
import OpenSSL

/// A user who is signed in, with the tokens that prove it to their identity provider.
package final class Session: Sendable {
    /// Who it is; the tokens take no part in it, as they are renewed.
    package let identity: SessionIdentity
    /// The newest ID token.
    package let idToken: Redacted<String>
    /// When ``idToken`` ends.
    package let idTokenExpiry: NumericDate
    /// Renews the ID token; `nil` for a caller who brought the ID token along.
    package let refreshToken: Redacted<String>?

    package init(
        identity: SessionIdentity,
        idToken: Redacted<String>,
        idTokenExpiry: NumericDate,
        refreshToken: Redacted<String>? = nil
    ) {
        self.identity = identity
        self.idToken = idToken
        self.idTokenExpiry = idTokenExpiry
        self.refreshToken = refreshToken
    }

    /// Makes a session of an ID token whose claims were verified.
    ///
    /// - Parameters:
    ///   - token: The ID token itself.
    ///   - claims: What it says.
    ///   - refreshToken: What came with it.
    /// - Throws: `TokenError` if it lacks what every ID token has, or has a `tenant` that is no text.
    convenience init(
        _ token: Redacted<String>,
        verified claims: Claims,
        refreshToken: Redacted<String>? = nil
    ) throws(TokenError) {
        guard let issuer = claims.issuer else { throw TokenError(.missingClaim, .issuer) }
        guard let subject = claims.subject else { throw TokenError(.missingClaim, .subject) }
        guard let expiry = claims.expiry else { throw TokenError(.missingClaim, .expiry) }
        let user = UserIdentity(issuer: issuer, tenant: try claims.text(.tenant), subject: subject)
        self.init(
            identity: SessionIdentity(user: user, session: Self.sessionID(claims)),
            idToken: token,
            idTokenExpiry: expiry,
            refreshToken: refreshToken
        )
    }

    /// The member `sid` ([OpenID Connect Back-Channel Logout §2.1](https://openid.net/specs/openid-connect-backchannel-1_0.html#OPLogout));
    /// where a provider sends none, a digest of when and how the user signed in, which renewed tokens repeat.
    private static func sessionID(_ claims: Claims) -> String {
        // The prefixes keep a provider's own names apart from digests.
        if let sessionID = claims.sessionID { return "sid:\(sessionID)" }
        var encoding = LengthPrefixed()
        encoding.append(ifPresent: claims.authenticationTime.map { String($0.seconds) })
        encoding.append(ifPresent: claims.authenticationContext)
        encoding.append(all: claims.authenticationMethods)
        return "auth:\(SHA256.hexadecimalDigest(encoding.bytes))"
    }
}
