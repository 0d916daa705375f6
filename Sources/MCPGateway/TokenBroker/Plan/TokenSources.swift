// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import NIOConcurrencyHelpers
import OAuth
import OpenSSL
import RouteTable
import Timing

/// Makes the sources of routes' tokens, with clients whose keys are read once for each version of a route.
final class TokenSources: Sendable {
    /// The clients of one version of a route, read once.
    private struct Clients: Sendable {
        var version: String
        /// At the endpoint of leg 1; `nil` for the gateway's own client.
        var first: ClientCredential?
        /// At the endpoint of leg 2.
        var second: ClientCredential?
    }

    private let providers: any ProviderClients
    private let key: ProcessKey
    private let trustsEverything: Bool
    private let time: ElapsedTime
    private let clients: NIOLockedValueBox<BoundedTable<RouteKey, Clients>>

    init(
        providers: any ProviderClients,
        key: ProcessKey,
        trustsEverything: Bool,
        time: ElapsedTime,
        routeLimit: Int
    ) {
        self.providers = providers
        self.key = key
        self.trustsEverything = trustsEverything
        self.time = time
        clients = NIOLockedValueBox(BoundedTable(limit: routeLimit))
    }

    /// Drops what is kept of a route that is gone.
    func forget(_ server: RouteKey) { clients.withLockedValue { _ = $0.remove(server) } }

    /// Both legs of SEP-990.
    ///
    /// - Parameters:
    ///   - route: Whose.
    ///   - mode: Its mode.
    ///   - endpoints: What the trust rules allow.
    ///   - authServer: Where leg 2 goes, and whether that is from configuration.
    ///   - older: What was used before, whose credentials may stand in for new ones.
    /// - Returns: The source.
    /// - Throws: ``BrokerError``.
    func assertion(
        _ route: VersionedRoute,
        _ mode: RouteAuthentication.EnterpriseIdP,
        _ endpoints: RouteTrust.Endpoints,
        authServer: (endpoint: String, isConfigured: Bool),
        older: TokenSource? = nil
    ) throws -> TokenSource {
        let server = route.route.key
        let clients = try clients(
            of: route,
            first: mode.idpClient.map { ($0, endpoints.issuer ?? endpoints.tokenEndpoint) },
            second: (mode.authServerClient, mode.authServerIssuer)
        )
        guard let authServerClient = clients.second else {
            throw ExchangePlanner.misconfigured(
                server,
                "it has no client at its authorization server.",
                cause: "no_client"
            )
        }
        let idpClient = try own(clients.first, endpoints.issuer, server)
        return .assertion(
            provider: try peer(
                (endpoints.tokenEndpoint, endpoints.isProviderConfigured),
                idpClient,
                older?.peer(.tokenExchange),
                server
            ),
            server: try peer(
                (authServer.endpoint, authServer.isConfigured),
                authServerClient,
                older?.peer(.jwtBearer),
                server
            ),
            TokenSource.Assertion(
                audience: mode.authServerIssuer,
                sendsResource: mode.sendResource,
                authServerSendsResource: mode.authServerSendResource,
                isLenient: mode.lenientTokenType
            )
        )
    }

    /// One exchange at an endpoint that takes the provider's tokens.
    ///
    /// - Throws: ``BrokerError``.
    func exchange(
        _ route: VersionedRoute,
        _ mode: RouteAuthentication.TokenExchange,
        _ issuer: String?,
        older: TokenSource? = nil
    ) throws -> TokenSource {
        let server = route.route.key
        guard let expected = mode.expectedIssuer else {
            throw ExchangePlanner.misconfigured(
                server,
                "it does not say who issues the exchanged token.",
                cause: "no_issuer"
            )
        }
        let clients = try clients(of: route, first: mode.client.map { ($0, expected) }, second: nil)
        let client = try own(clients.first, issuer, server)
        return .exchange(
            try peer(
                (mode.tokenEndpoint, !trustsEverything),
                client,
                older?.peer(.tokenExchange),
                server
            ),
            TokenSource.ExchangedToken(
                connectorID: mode.connectorID,
                issuer: expected,
                // A token that names no other audience is for whoever asked for it.
                audiences: mode.requiredAudiences.isEmpty ? [client.clientID] : mode.requiredAudiences
            )
        )
    }

    /// A route's own clients, each with the `aud` of its assertions.
    private func clients(
        of route: VersionedRoute,
        first: (RouteClient, assertionAudience: String)?,
        second: (RouteClient, assertionAudience: String)?
    ) throws -> Clients {
        let server = route.route.key
        if let known = clients.withLockedValue({ $0.use(server) }), known.version == route.version { return known }
        do throws(OpenSSLError) {
            let fresh = Clients(
                version: route.version,
                first: try first.map { client throws(OpenSSLError) in
                    try ClientCredential(client.0, assertionAudience: client.assertionAudience)
                },
                second: try second.map { client throws(OpenSSLError) in
                    try ClientCredential(client.0, assertionAudience: client.assertionAudience)
                }
            )
            clients.withLockedValue { _ = $0.set(fresh, for: server) }
            return fresh
        } catch {
            throw ExchangePlanner.misconfigured(server, "its client's private key is not usable.", cause: "private_key")
        }
    }

    /// A route's own client, or the gateway's at that provider.
    private func own(_ client: ClientCredential?, _ issuer: String?, _ server: RouteKey) throws -> ClientCredential {
        if let client = client ?? issuer.flatMap(providers.client) { return client }
        throw ExchangePlanner.misconfigured(
            server,
            "this gateway has no client at the identity provider.",
            cause: "no_client"
        )
    }

    private func peer(
        _ place: (endpoint: String, isConfigured: Bool),
        _ client: ClientCredential,
        _ older: TokenPeer?,
        _ server: RouteKey
    ) throws -> TokenPeer {
        do throws(OpenSSLError) {
            var peer = TokenPeer(
                endpoint: place.endpoint,
                isConfigured: place.isConfigured,
                client: client,
                credential: try CredentialID(client, key: key)
            )
            peer.replace(older, at: time.now)
            return peer
        } catch {
            throw ExchangePlanner.misconfigured(server, "OpenSSL does not work as configured.", cause: "openssl")
        }
    }
}

extension ClientCredential {
    /// A route's client.
    ///
    /// - Parameters:
    ///   - client: With its credential.
    ///   - assertionAudience: The `aud` of its assertions, unless the client says another.
    /// - Throws: `OpenSSLError` if its private key cannot be read.
    init(_ client: RouteClient, assertionAudience: String) throws(OpenSSLError) {
        let authentication: ClientAuthentication
        switch (client.method, client.credential) {
        case (.clientSecretBasic, .secret(let secret)): authentication = .clientSecretBasic(secret)
        case (.clientSecretPost, .secret(let secret)): authentication = .clientSecretPost(secret)
        case (.privateKeyJWT, .privateKey(let pem, let keyID)):
            authentication = .privateKeyJWT(
                try SigningKey(pem: pem, keyID: keyID),
                audience: client.assertionAudience ?? assertionAudience
            )
        // A method without its credential proves nothing, and the server will say so.
        default: authentication = .none
        }
        self.init(clientID: client.id, authentication: authentication)
    }
}
