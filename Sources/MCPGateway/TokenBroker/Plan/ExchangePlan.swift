// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import OAuth
import RouteTable

/// All that one route's exchanges need to know, decided before anything is sent.
struct ExchangePlan: Sendable {
    var server: RouteKey
    /// The route's version, which every change and every rotation changes.
    var version: String
    /// Whose tokens leg 1 carries, and who must have issued the ID-JAG; `nil` only where everything is trusted.
    var issuer: String?
    /// Leg 1.
    var idpEndpoint: String
    /// Whether the egress policy does not apply to leg 1, because configuration trusts the endpoint.
    var isProviderConfigured: Bool
    /// Who we are there.
    var idpClient: ClientCredential
    /// Leg 1's `audience`, and the issuer of leg 2's authorization server, byte for byte.
    var audience: String
    /// Where the access token will be used.
    var resource: String
    /// Whether leg 1 carries the resource.
    var sendsResource: Bool
    /// What is asked for without a step-up.
    var scopes: ScopeList
    /// What a step-up may add.
    var stepUpScopes: ScopeList
    var subjectTokenType: TokenType
    /// Leg 2.
    var authServerEndpoint: String
    /// Whether the egress policy does not apply to leg 2, because the endpoint is from configuration.
    var isAuthServerListed: Bool
    /// Who we are there.
    var authServerClient: ClientCredential
    /// Whether leg 2 carries the resource.
    var authServerSendsResource: Bool
    /// `maxTokenLifetime`.
    var maximumTokenLifetime: Duration?
    /// Whether leg 1's `token_type` may be `Bearer`.
    var isLenient: Bool
    /// Of both clients.
    var credential: CredentialID

    /// Under what a token with these scopes is kept.
    func cacheKey(_ identity: SessionIdentity, scopes: ScopeList) -> CacheKey {
        CacheKey(
            TokenTuple(
                identity: identity,
                idpClient: idpClient.clientID,
                idpEndpoint: idpEndpoint,
                audience: audience,
                resource: resource,
                scopes: scopes,
                subjectTokenType: subjectTokenType,
                authServerIssuer: audience,
                authServerEndpoint: authServerEndpoint,
                authServerClient: authServerClient.clientID,
                credential: credential
            )
        )
    }

    /// What failures on the way are looked up by.
    func circumstances(_ caller: Caller, subjectDigest: [UInt8]) -> NegativeCache.Circumstances {
        NegativeCache.Circumstances(
            caller: caller,
            subjectDigest: subjectDigest,
            credential: credential,
            version: version,
            endpoints: [idpEndpoint, authServerEndpoint]
        )
    }

    /// What the ID-JAG must say.
    var expectation: IDJAGExpectation {
        IDJAGExpectation(
            issuer: issuer,
            audience: audience,
            clientID: authServerClient.clientID,
            resource: sendsResource ? resource : nil
        )
    }
}
