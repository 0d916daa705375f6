// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension AuthConfiguration {
    /// The two legs of enterprise-managed authorization.
    package struct EnterpriseIdP: Hashable, Sendable {
        /// Which provider is meant, for configuration to decide.
        package var identityProvider: IdentityProviderReference
        /// Sent as `audience` in leg 1.
        package var authServerIssuer: Issuer
        /// `nil`: from the issuer's metadata.
        package var authServerTokenEndpoint: AbsoluteURL?
        /// What the token is for; written, or the canonical URI of the server's URL.
        package var resource: ResourceIndicator
        /// Whether leg 1 sends `resource`.
        package var sendsResourceToIdP: Bool
        /// Whether leg 2 sends `resource`.
        package var sendsResourceToAuthServer: Bool
        /// Empty: none are asked for.
        package var scopes: ScopeList
        /// Empty: no step-up.
        package var stepUpScopes: ScopeList
        /// Which of the user's tokens is presented.
        package var subjectTokenType: SubjectTokenType
        /// Leg 1's client; `nil`: the configured provider's own.
        package var idpClient: ClientCredentials?
        /// Leg 2's client.
        package var authServerClient: AuthServerClient
        /// `nil`: as long as the token is valid.
        package var maxTokenLifetime: Duration?
        /// Whether leg 1 may answer with `token_type: Bearer`.
        package var acceptsBearerTokenType: Bool
    }

    /// What the spec says about the identity provider; configuration decides which one that is.
    package struct IdentityProviderReference: Hashable, Sendable {
        /// `nil`: the provider's own.
        package var tokenEndpoint: AbsoluteURL?
        /// A configured issuer; `nil`: told by ``name`` or by the endpoint.
        package var issuer: Issuer?
        /// A name in the configuration; never together with ``issuer``.
        package var name: String?
    }

    /// Where leg 2's client comes from.
    package enum AuthServerClient: Hashable, Sendable {
        /// The spec names a Secret for it.
        case dedicated(ClientCredentials)
        /// Leg 1's Secret holds it under ``CredentialKeys/authorizationServerClient``, or else is itself used for both.
        case fromIdPSecret(SharedSecret)
    }

    /// Leg 2's client in leg 1's Secret.
    package struct SharedSecret: Hashable, Sendable {
        /// The Secret.
        package var reference: SecretReference
        /// What the spec says for leg 2; `nil`: the Secret's keys decide, see ``method(availableKeys:)``.
        package var method: ClientAuthMethod?
        /// Only with `private_key_jwt`; `nil`: the issuer.
        package var assertionAudience: String?
        /// Whether leg 1's own client may be used for leg 2 when the Secret has none of the keys: only in the server's
        /// own namespace.
        package var mayUseIdPClient: Bool

        /// The method for the `mcp-` keys of a Secret that has `keys`; `nil` if it has none of them.
        package func method(availableKeys keys: Set<String>) -> ClientAuthMethod? {
            let names = CredentialKeys.authorizationServerClient
            guard names.all.contains(where: keys.contains) else { return nil }
            if let method { return method }
            return keys.contains(names.privateKey) && !keys.contains(names.clientSecret)
                ? .privateKeyJWT : .standard
        }
    }
}
