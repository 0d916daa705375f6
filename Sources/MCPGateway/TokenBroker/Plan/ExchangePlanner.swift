// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import NIOConcurrencyHelpers
import OAuth
import OpenSSL
import RouteTable
import Timing

/// Makes plans of routes: by the trust rules, with the endpoints that are discovered and the clients as they are now.
final class ExchangePlanner: Sendable {
    /// The clients of one version of a route, read once.
    private struct Clients: Sendable {
        var version: String
        var idp: ClientCredential?
        var authServer: ClientCredential
    }

    /// A plan, and what it was made of.
    private struct Planned: Sendable {
        var plan: ExchangePlan
        var route: VersionedRoute
        /// Of what issuers say about themselves.
        var generation: UInt64
        /// Of the gateway's own client at the provider.
        var revision: UInt64
        var madeAt: Duration
    }

    /// The cause of an error about metadata that nobody has waited for.
    static let undiscovered = "undiscovered"

    /// How old a plan may be: making it anew has stale metadata read again.
    private static let freshness = Duration.seconds(60)

    private let trust: GatewayTrust
    private let directory: IssuerDirectory
    private let providers: any ProviderClients
    private let key: ProcessKey
    private let time: ElapsedTime
    private let clients: NIOLockedValueBox<BoundedTable<RouteKey, Clients>>
    private let plans: NIOLockedValueBox<BoundedTable<RouteKey, Planned>>

    init(
        trust: GatewayTrust,
        directory: IssuerDirectory,
        providers: any ProviderClients,
        key: ProcessKey,
        time: ElapsedTime,
        routeLimit: Int = 10_000
    ) {
        self.trust = trust
        self.directory = directory
        self.providers = providers
        self.key = key
        self.time = time
        clients = NIOLockedValueBox(BoundedTable(limit: routeLimit))
        plans = NIOLockedValueBox(BoundedTable(limit: routeLimit))
    }

    /// The plan of a route, which is kept for as long as nothing changes that it was made of.
    ///
    /// - Throws: ``BrokerError``, or `CancellationError`.
    func plan(_ route: VersionedRoute, waits: Bool = true) async throws -> ExchangePlan {
        // Before the plan is made: what changes meanwhile makes it stale at once.
        let (generation, now) = (directory.generation, time.now)
        if let known = plans.withLockedValue({ $0[route.route.key] }), known.generation == generation,
            now - known.madeAt < Self.freshness, known.route == route, known.revision == revision(known.plan.issuer)
        {
            return known.plan
        }
        let (plan, revision) = try await makePlan(route, waits: waits)
        let planned = Planned(
            plan: plan,
            route: route,
            generation: generation,
            revision: revision,
            madeAt: now
        )
        plans.withLockedValue { $0.set(planned, for: route.route.key) }
        return plan
    }

    private func revision(_ issuer: String?) -> UInt64 { issuer.map(providers.revision) ?? 0 }

    /// - Returns: The plan, and the revision of the gateway's own client before it was asked for.
    private func makePlan(_ route: VersionedRoute, waits: Bool) async throws -> (ExchangePlan, revision: UInt64) {
        let server = route.route.key
        guard case .enterpriseIdP(let mode) = route.route.authentication else {
            throw Self.misconfigured(server, "its mode needs no exchange of tokens.", cause: "mode")
        }
        let rules = RouteTrust(trust: trust, knowledge: directory.knowledge)
        try Self.allowed(rules.judge(route.route), server)
        let endpoints = try Self.allowed(rules.endpoints(mode), server)
        let (authServerEndpoint, isListed) = try await authServerEndpoint(endpoints, mode, server, waits: waits)
        let revision = revision(endpoints.issuer)
        let clients = try self.clients(of: route, mode, endpoints)
        guard let idpClient = clients.idp ?? endpoints.issuer.flatMap(providers.client) else {
            throw Self.misconfigured(server, "this gateway has no client at the identity provider.", cause: "no_client")
        }
        let plan = ExchangePlan(
            server: server,
            version: route.version,
            issuer: endpoints.issuer,
            idpEndpoint: endpoints.tokenEndpoint,
            isProviderConfigured: endpoints.isProviderConfigured,
            idpClient: idpClient,
            audience: mode.authServerIssuer,
            resource: route.route.resource,
            sendsResource: mode.sendResource,
            scopes: ScopeList(mode.scopes),
            stepUpScopes: ScopeList(mode.stepUpScopes),
            subjectTokenType: try Self.subjectTokenType(mode.subjectTokenType, server),
            authServerEndpoint: authServerEndpoint,
            isAuthServerListed: isListed,
            authServerClient: clients.authServer,
            authServerSendsResource: mode.authServerSendResource,
            maximumTokenLifetime: mode.maximumTokenLifetime,
            isLenient: mode.lenientTokenType,
            credential: try credentialID(idpClient, clients.authServer, server)
        )
        return (plan, revision)
    }

    /// What a changed route stands for now, without asking anybody.
    func standing(_ route: VersionedRoute) -> RouteStanding {
        guard case .enterpriseIdP(let mode) = route.route.authentication else { return .unusable }
        let rules = RouteTrust(trust: trust, knowledge: directory.knowledge)
        let endpoints: RouteTrust.Endpoints
        switch (rules.judge(route.route), rules.endpoints(mode)) {
        case (.refused, _), (_, .refused): return .unusable
        case (.undecided, _), (_, .undecided): return .undecided
        case (.allowed, .allowed(let allowed)): endpoints = allowed
        }
        do {
            let clients = try self.clients(of: route, mode, endpoints)
            guard let idpClient = clients.idp ?? endpoints.issuer.flatMap(providers.client) else { return .unusable }
            return .usable(
                RouteOutline(
                    credential: try credentialID(idpClient, clients.authServer, route.route.key),
                    idpEndpoint: endpoints.tokenEndpoint,
                    audience: mode.authServerIssuer,
                    resource: route.route.resource,
                    authServerEndpoint: endpoints.authServerEndpoint,
                    scopes: ScopeList(mode.scopes),
                    stepUpScopes: ScopeList(mode.stepUpScopes)
                )
            )
        } catch {
            // A route whose clients cannot be used obtains nothing, which requests report.
            return .unusable
        }
    }

    /// Drops what is kept of a route that is gone.
    func forget(_ server: RouteKey) {
        clients.withLockedValue { _ = $0.remove(server) }
        plans.withLockedValue { _ = $0.remove(server) }
    }

    private func authServerEndpoint(
        _ endpoints: RouteTrust.Endpoints,
        _ mode: RouteAuthentication.EnterpriseIdP,
        _ server: RouteKey,
        waits: Bool
    ) async throws -> (String, isListed: Bool) {
        if let endpoint = endpoints.authServerEndpoint { return (endpoint, endpoints.isAuthServerListed) }
        guard waits || directory.knowledge(mode.authServerIssuer) != .unasked else {
            throw BrokerError(
                .exchangeUnavailable,
                "The authorization server of '\(server)' was not asked yet.",
                cause: Self.undiscovered
            )
        }
        do {
            guard let endpoint = try await directory.metadata(of: mode.authServerIssuer).tokenEndpoint else {
                throw Self.misconfigured(
                    server,
                    "the metadata of its authorization server names no token endpoint.",
                    cause: "discovery"
                )
            }
            return (endpoint, false)
        } catch let error as DirectoryError {
            guard error.isTransient else {
                throw Self.misconfigured(server, error.message, cause: "discovery")
            }
            throw Self.unavailable(server, error.message, error.retryAfter)
        }
    }

    private func clients(
        of route: VersionedRoute,
        _ mode: RouteAuthentication.EnterpriseIdP,
        _ endpoints: RouteTrust.Endpoints
    ) throws -> Clients {
        let server = route.route.key
        if let known = clients.withLockedValue({ $0.use(server) }), known.version == route.version { return known }
        do throws(OpenSSLError) {
            let idpAudience = endpoints.issuer ?? endpoints.tokenEndpoint
            let fresh = Clients(
                version: route.version,
                idp: try mode.idpClient.map { client throws(OpenSSLError) in
                    try ClientCredential(client, assertionAudience: idpAudience)
                },
                authServer: try ClientCredential(mode.authServerClient, assertionAudience: mode.authServerIssuer)
            )
            clients.withLockedValue { $0.set(fresh, for: server) }
            return fresh
        } catch {
            throw Self.misconfigured(server, "its client's private key is not usable.", cause: "private_key")
        }
    }

    private func credentialID(
        _ idp: ClientCredential,
        _ authServer: ClientCredential,
        _ server: RouteKey
    ) throws -> CredentialID {
        do throws(OpenSSLError) { return try CredentialID([idp, authServer], key: key) } catch {
            throw Self.misconfigured(server, "OpenSSL does not work as configured.", cause: "openssl")
        }
    }

    @discardableResult
    private static func allowed<Value>(_ verdict: TrustVerdict<Value>, _ server: RouteKey) throws -> Value {
        switch verdict {
        case .allowed(let value): return value
        case .refused(let refusal):
            throw misconfigured(server, refusal.message, cause: refusal.reason.rawValue)
        case .undecided(let refusal, _): throw unavailable(server, refusal.message, nil)
        }
    }

    private static func subjectTokenType(_ text: String, _ server: RouteKey) throws -> TokenType {
        switch text {
        case "id_token": return .idToken
        case "refresh_token": return .refreshToken
        default:
            throw misconfigured(server, "it wants a subject token of an unknown type.", cause: "subject_token_type")
        }
    }

    private static func misconfigured(_ server: RouteKey, _ problem: String, cause: String) -> BrokerError {
        BrokerError(.serverMisconfigured, "Could not obtain a token for '\(server)': \(problem)", cause: cause)
    }

    private static func unavailable(_ server: RouteKey, _ problem: String, _ wait: Duration?) -> BrokerError {
        BrokerError(
            .exchangeUnavailable,
            "Could not obtain a token for '\(server)': \(problem)",
            retryAfter: wait,
            cause: "discovery"
        )
    }
}

/// What becomes of the tokens of a route that changed.
enum RouteStanding: Sendable {
    /// It is gone, or may not be used any more: neither may its tokens.
    case unusable
    /// That is not known yet, so they stay.
    case undecided
    /// Those stay that were obtained with what it still has.
    case usable(RouteOutline)
}

/// What a token must have been obtained with to stay when its route changes.
struct RouteOutline: Sendable {
    var credential: CredentialID
    var idpEndpoint: String
    var audience: String
    var resource: String
    /// `nil`: discovered.
    var authServerEndpoint: String?
    var scopes: ScopeList
    var stepUpScopes: ScopeList

    func permits(_ entry: TokenCache.Entry) -> Bool {
        let requested = entry.token.requestedScopes
        return entry.credential == credential && entry.idpEndpoint.hasSameBytes(as: idpEndpoint)
            && entry.audience.hasSameBytes(as: audience) && entry.resource.hasSameBytes(as: resource)
            && (authServerEndpoint.map { entry.authServerEndpoint.hasSameBytes(as: $0) } ?? true)
            && scopes.isSubset(of: requested) && requested.isSubset(of: scopes.union(stepUpScopes))
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
