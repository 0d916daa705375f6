// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import NIOConcurrencyHelpers
import OAuth
import RouteTable
import Timing

/// Makes plans of routes: by the trust rules, with the endpoints that are discovered and the clients as they are now.
final class ExchangePlanner: Sendable {
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
    private let sources: TokenSources
    private let time: ElapsedTime
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
        sources = TokenSources(
            providers: providers,
            key: key,
            trustsEverything: trust.trustsEverything,
            time: time,
            routeLimit: routeLimit
        )
        self.time = time
        plans = NIOLockedValueBox(BoundedTable(limit: routeLimit))
    }

    /// The plan of a route, which is kept for as long as nothing changes that it was made of.
    ///
    /// - Throws: ``BrokerError``, or `CancellationError`.
    func plan(_ route: VersionedRoute, waits: Bool = true) async throws -> ExchangePlan {
        if let known = known(route) { return known }
        // Before the plan is made: what changes meanwhile makes it stale at once.
        let (generation, now) = (directory.generation, time.now)
        let (plan, revision) = try await makePlan(route, waits: waits)
        let planned = Planned(
            plan: plan,
            route: route,
            generation: generation,
            revision: revision,
            madeAt: now
        )
        plans.withLockedValue { _ = $0.set(planned, for: route.route.key) }
        return plan
    }

    /// The plan that is kept of a route, if it still holds.
    func known(_ route: VersionedRoute) -> ExchangePlan? {
        guard let known = plans.withLockedValue({ $0[route.route.key] }), known.generation == directory.generation,
            time.now - known.madeAt < Self.freshness, known.route == route,
            known.revision == revision(known.plan.issuer)
        else { return nil }
        return known.plan
    }

    /// What was used last, whose credentials may have to stand in.
    private func older(_ server: RouteKey) -> TokenSource? { plans.withLockedValue { $0[server]?.plan.source } }

    private func revision(_ issuer: String?) -> UInt64 { issuer.map(providers.revision) ?? 0 }

    /// - Returns: The plan, and the revision of the gateway's own client before it was asked for.
    private func makePlan(_ route: VersionedRoute, waits: Bool) async throws -> (ExchangePlan, revision: UInt64) {
        let server = route.route.key
        let rules = RouteTrust(trust: trust, knowledge: directory.knowledge)
        try Self.allowed(rules.judge(route.route), server)
        switch route.route.authentication {
        case .enterpriseIdP(let mode): return try await assertionPlan(route, mode, rules, waits: waits)
        case .tokenExchange(let mode):
            let issuer = try Self.allowed(rules.issuer(of: mode), server)
            let revision = revision(issuer)
            let source = try sources.exchange(route, mode, issuer, older: older(server))
            return (plan(route, issuer, source, scopes: Self.scopes(mode)), revision)
        case .tokenForwarding(let mode):
            let targets = try Self.allowed(rules.forwardingTargets(of: route.route.url), server)
            let source = TokenSource.forwarding(
                TokenSource.Forwarding(targets: targets, requiredAudiences: mode.requiredAudiences)
            )
            return (plan(route, nil, source, scopes: ScopeList([])), 0)
        case .none, .authorizationCode:
            throw Self.misconfigured(server, "its mode needs no exchange of tokens.", cause: "mode")
        }
    }

    private func assertionPlan(
        _ route: VersionedRoute,
        _ mode: RouteAuthentication.EnterpriseIdP,
        _ rules: RouteTrust,
        waits: Bool
    ) async throws -> (ExchangePlan, revision: UInt64) {
        let server = route.route.key
        let endpoints = try Self.allowed(rules.endpoints(mode), server)
        let (authServerEndpoint, isListed) = try await authServerEndpoint(endpoints, mode, server, waits: waits)
        let revision = revision(endpoints.issuer)
        let source = try sources.assertion(
            route,
            mode,
            endpoints,
            authServer: (authServerEndpoint, isListed),
            older: older(server)
        )
        let plan = ExchangePlan(
            server: server,
            version: route.version,
            issuer: endpoints.issuer,
            source: source,
            resource: route.route.resource,
            scopes: ScopeList(mode.scopes),
            stepUpScopes: ScopeList(mode.stepUpScopes),
            subjectTokenType: try Self.subjectTokenType(mode.subjectTokenType, server),
            maximumTokenLifetime: mode.maximumTokenLifetime
        )
        return (plan, revision)
    }

    private func plan(
        _ route: VersionedRoute,
        _ issuer: String?,
        _ source: TokenSource,
        scopes: ScopeList
    ) -> ExchangePlan {
        ExchangePlan(
            server: route.route.key,
            version: route.version,
            issuer: issuer,
            source: source,
            resource: route.route.resource,
            scopes: scopes
        )
    }

    /// What Dex is asked for: the audiences of other clients are scopes to it
    /// ([cross-client trust](https://dexidp.io/docs/custom-scopes-claims-clients/#cross-client-trust-and-authorized-party)).
    private static func scopes(_ mode: RouteAuthentication.TokenExchange) -> ScopeList {
        ScopeList(mode.scopes + mode.requiredAudiences.map { "audience:server:client_id:\($0)" })
    }

    /// What a changed route stands for now, without asking anybody.
    func standing(_ route: VersionedRoute) -> RouteStanding {
        let rules = RouteTrust(trust: trust, knowledge: directory.knowledge)
        switch rules.judge(route.route) {
        case .refused: return .unusable
        case .undecided: return .undecided
        case .allowed: break
        }
        do {
            switch route.route.authentication {
            case .none, .authorizationCode: return .unusable
            case .tokenForwarding(let mode):
                return Self.standing(rules.forwardingTargets(of: route.route.url)) { targets in
                    outline(
                        .forwarding(
                            TokenSource.Forwarding(targets: targets, requiredAudiences: mode.requiredAudiences)
                        ),
                        route,
                        scopes: ScopeList([])
                    )
                }
            case .tokenExchange(let mode):
                return try Self.standing(rules.issuer(of: mode)) { issuer in
                    outline(try sources.exchange(route, mode, issuer), route, scopes: Self.scopes(mode))
                }
            case .enterpriseIdP(let mode):
                return try Self.standing(rules.endpoints(mode)) { endpoints in
                    // Where leg 2 goes may have to be discovered, which is no part of the terms.
                    let source = try sources.assertion(
                        route,
                        mode,
                        endpoints,
                        authServer: (endpoints.authServerEndpoint ?? "", false)
                    )
                    var outline = outline(source, route, scopes: ScopeList(mode.scopes))
                    outline.authServerEndpoint = endpoints.authServerEndpoint
                    outline.stepUpScopes = ScopeList(mode.stepUpScopes)
                    return outline
                }
            }
        } catch {
            // A route whose clients cannot be used obtains nothing, which requests report.
            return .unusable
        }
    }

    private static func standing<Value>(
        _ verdict: TrustVerdict<Value>,
        _ outline: (Value) throws -> RouteOutline
    ) rethrows -> RouteStanding {
        switch verdict {
        case .allowed(let value): .usable(try outline(value))
        case .refused: .unusable
        case .undecided: .undecided
        }
    }

    private func outline(_ source: TokenSource, _ route: VersionedRoute, scopes: ScopeList) -> RouteOutline {
        RouteOutline(terms: TokenTerms(source, resource: route.route.resource), scopes: scopes)
    }

    /// Drops what is kept of a route that is gone.
    func forget(_ server: RouteKey) {
        sources.forget(server)
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

    static func misconfigured(_ server: RouteKey, _ problem: String, cause: String) -> BrokerError {
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
    var terms: TokenTerms
    /// `nil`: discovered, or none.
    var authServerEndpoint: String?
    var scopes: ScopeList
    var stepUpScopes = ScopeList([])

    func permits(_ entry: TokenCache.Entry) -> Bool {
        let requested = entry.token.requestedScopes
        return entry.terms == terms
            && (authServerEndpoint.map { entry.authServerEndpoint?.hasSameBytes(as: $0) ?? false } ?? true)
            && scopes.isSubset(of: requested) && requested.isSubset(of: scopes.union(stepUpScopes))
    }
}
