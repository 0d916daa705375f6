// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import OAuth
import OpenSSL
import RouteTable

/// All that is needed to obtain one route's tokens, decided before anything is sent.
///
/// An object, because each request hands it on.
final class ExchangePlan: Sendable {
    let server: RouteKey
    /// The route's version, which every change and every rotation changes.
    let version: String
    /// Whose tokens are used, and who must have issued an ID-JAG; `nil` where several may, or everything is trusted.
    let issuer: String?
    /// How the token comes about.
    let source: TokenSource
    /// Where the access token will be used.
    let resource: String
    /// What is asked for without a step-up.
    let scopes: ScopeList
    /// What a step-up may add.
    let stepUpScopes: ScopeList
    let subjectTokenType: TokenType
    /// `maxTokenLifetime`.
    let maximumTokenLifetime: Duration?
    /// What a token is obtained on.
    let terms: TokenTerms

    init(
        server: RouteKey,
        version: String,
        issuer: String?,
        source: TokenSource,
        resource: String,
        scopes: ScopeList,
        stepUpScopes: ScopeList = ScopeList([]),
        subjectTokenType: TokenType = .idToken,
        maximumTokenLifetime: Duration? = nil
    ) {
        self.server = server
        self.version = version
        self.issuer = issuer
        self.source = source
        self.resource = resource
        self.scopes = scopes
        self.stepUpScopes = stepUpScopes
        self.subjectTokenType = subjectTokenType
        self.maximumTokenLifetime = maximumTokenLifetime
        terms = TokenTerms(source, resource: resource)
    }

    /// Under what a token with these scopes is kept.
    func cacheKey(_ identity: SessionIdentity, scopes: ScopeList) -> CacheKey {
        CacheKey(
            TokenTuple(
                identity: identity,
                terms: terms,
                scopes: scopes,
                subjectTokenType: subjectTokenType,
                authServerEndpoint: source.peer(.jwtBearer)?.endpoint
            )
        )
    }

    /// What failures on the way are looked up by.
    func circumstances(_ caller: Caller, subjectDigest: SHA256.Digest) -> NegativeCache.Circumstances {
        NegativeCache.Circumstances(
            caller: caller,
            subjectDigest: subjectDigest,
            version: version,
            // A client that has another credential to try is not held back by the refusal of this one.
            peers: source.peers.filter { $0.fallback == nil }.map {
                NegativeCache.Peer(endpoint: $0.endpoint, credential: $0.credential)
            }
        )
    }
}
