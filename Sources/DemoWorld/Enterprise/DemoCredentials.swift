// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
package import JSON
package import OpenSSL

/// What clients of the enterprise prove by who they are; made anew for every run.
package struct DemoCredentials: Sendable {
    /// A client's secret and its private key, by either of which it may authenticate.
    package struct Proof: Sendable {
        /// For `client_secret_basic` and `client_secret_post`.
        package let secret: Redacted<String>
        /// For `private_key_jwt`, as PEM.
        package let privateKey: Redacted<String>

        /// Makes a secret and a key.
        ///
        /// - Parameter random: For the secret.
        /// - Throws: `OpenSSLError` when no key can be made.
        init(using random: inout some RandomNumberGenerator) throws(OpenSSLError) {
            secret = OpaqueToken.make(using: &random)
            privateKey = Redacted(try PrivateKey.makeP256().pem())
        }
    }

    /// The gateway's client at the identity provider.
    package static let identityProviderClient = "sallyport"
    /// A public client at the identity provider.
    package static let publicIdentityProviderClient = "sallyport-public"
    /// The gateway's client at the resource authorization server.
    package static let authorizationServerClient = "gateway"
    /// A public client at the resource authorization server.
    package static let publicAuthorizationServerClient = "gateway-public"

    /// The gateway's client at the consent server, for those who do not want it to register itself.
    package static let consentServerClient = "gateway-by-hand"

    /// The gateway's client at the exchange server.
    package static let exchangeServerClient = "gateway-exchange"

    /// Of ``identityProviderClient``.
    package let identityProvider: Proof
    /// Of ``authorizationServerClient``.
    package let authorizationServer: Proof
    /// Of ``consentServerClient``.
    package let consentServer: Proof
    /// Of ``exchangeServerClient``.
    package let exchangeServer: Proof

    /// Makes all of them.
    ///
    /// - Parameter random: For the secrets; keys are OpenSSL's own.
    /// - Throws: `OpenSSLError` when no key can be made.
    package init(using random: inout some RandomNumberGenerator) throws(OpenSSLError) {
        identityProvider = try Proof(using: &random)
        authorizationServer = try Proof(using: &random)
        consentServer = try Proof(using: &random)
        exchangeServer = try Proof(using: &random)
    }

    /// What each client of the identity provider is called at the resource authorization server.
    static let clientNames = [
        identityProviderClient: authorizationServerClient,
        publicIdentityProviderClient: publicAuthorizationServerClient,
    ]

    func identityProviderClients() throws(OpenSSLError) -> [RegisteredClient] {
        let grants: Set<RegisteredClient.Grant> = [.refreshToken, .tokenExchange]
        return [
            try Self.confidential(Self.identityProviderClient, identityProvider, grants),
            RegisteredClient(id: Self.publicIdentityProviderClient, grants: grants),
        ]
    }

    func authorizationServerClients() throws(OpenSSLError) -> [RegisteredClient] {
        [
            try Self.confidential(Self.authorizationServerClient, authorizationServer, [.jwtBearer]),
            RegisteredClient(id: Self.publicAuthorizationServerClient, grants: [.jwtBearer]),
        ]
    }

    func consentServerClients() throws(OpenSSLError) -> [RegisteredClient] {
        [try Self.confidential(Self.consentServerClient, consentServer, [.authorizationCode, .refreshToken])]
    }

    func exchangeServerClients() throws(OpenSSLError) -> [RegisteredClient] {
        [try Self.confidential(Self.exchangeServerClient, exchangeServer, [.tokenExchange])]
    }

    private static func confidential(
        _ id: String,
        _ proof: Proof,
        _ grants: Set<RegisteredClient.Grant>
    ) throws(OpenSSLError) -> RegisteredClient {
        let key = try SigningKey(pem: proof.privateKey)
        return RegisteredClient(id: id, secret: proof.secret, key: key.publicKey, grants: grants)
    }
}
