// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OAuth
import OpenSSL

/// What an access token depends on: two callers share one only if all of this is the same.
struct TokenTuple: Sendable {
    /// Who the user is, and in which sign-in session.
    var identity: SessionIdentity
    /// Our client at the identity provider.
    var idpClient: String
    /// Where leg 1 goes.
    var idpEndpoint: String
    /// Leg 1's `audience`.
    var audience: String
    /// Where the token will be used.
    var resource: String
    /// What is asked for.
    var scopes: ScopeList
    /// What leg 1 carries.
    var subjectTokenType: TokenType
    /// The MCP server's authorization server.
    var authServerIssuer: String
    /// Where leg 2 goes.
    var authServerEndpoint: String
    /// Our client there.
    var authServerClient: String
    /// What both clients prove themselves with.
    var credential: CredentialID
}

/// A ``TokenTuple``: the digest of its members' bytes, each behind its length.
///
/// Of bytes, because texts that are equal to Swift can be two users to their provider; a digest, because there is one for
/// each token that is kept, and each request looks one up.
struct CacheKey: Hashable, Sendable {
    private let digest: SHA256.Digest

    init(_ tuple: TokenTuple) {
        // Most of it is seven URLs and names, behind their lengths.
        var encoding = LengthPrefixed(capacity: 768)
        encoding.append(tuple.identity.user.issuer)
        encoding.append(ifPresent: tuple.identity.user.tenant)
        encoding.append(tuple.identity.user.subject)
        encoding.append(tuple.identity.session)
        encoding.append(tuple.idpClient)
        encoding.append(tuple.idpEndpoint)
        encoding.append(tuple.audience)
        encoding.append(tuple.resource)
        encoding.append(all: tuple.scopes.scopes)
        encoding.append(tuple.subjectTokenType.rawValue)
        encoding.append(tuple.authServerIssuer)
        encoding.append(tuple.authServerEndpoint)
        encoding.append(tuple.authServerClient)
        encoding.append(tuple.credential.bytes)
        digest = SHA256.Digest(of: encoding.bytes)
    }
}
