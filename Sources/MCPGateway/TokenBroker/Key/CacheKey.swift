// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OAuth
import OpenSSL

/// What an access token depends on: two callers share one only if all of this is the same.
struct TokenTuple: Sendable {
    /// Who the user is, and in which sign-in session.
    var identity: SessionIdentity
    /// How it is obtained, by which clients with which credentials, for whom and for which resource.
    var terms: TokenTerms
    /// What is asked for.
    var scopes: ScopeList
    /// What the user's own token is.
    var subjectTokenType: TokenType
    /// Where leg 2 goes; `nil` if there is none.
    var authServerEndpoint: String?
}

/// A ``TokenTuple``: the digest of its members' bytes, each behind its length.
///
/// Of bytes, because texts that are equal to Swift can be two users to their provider; a digest, because there is one for
/// each token that is kept, and each request looks one up.
struct CacheKey: Hashable, Sendable {
    private let digest: SHA256.Digest

    init(_ tuple: TokenTuple) {
        var encoding = LengthPrefixed(capacity: 512)
        encoding.append(tuple.identity.user.issuer)
        encoding.append(ifPresent: tuple.identity.user.tenant)
        encoding.append(tuple.identity.user.subject)
        encoding.append(tuple.identity.session)
        encoding.append(tuple.terms.bytes)
        encoding.append(all: tuple.scopes.scopes)
        encoding.append(tuple.subjectTokenType.rawValue)
        encoding.append(ifPresent: tuple.authServerEndpoint)
        digest = SHA256.Digest(of: encoding.bytes)
    }
}
