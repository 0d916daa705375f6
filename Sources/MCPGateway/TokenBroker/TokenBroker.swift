// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import NIOConcurrencyHelpers
import OAuth
package import RouteTable
import Timing

/// Obtains, keeps and gives out the access tokens that MCP servers want.
///
/// One exchange at a time for each key, whoever asks; what failed is not tried again at once; what was obtained is kept for
/// as long as it is good and what it was obtained with stays the same. ``run()`` does the work.
package final class TokenBroker: Sendable {
    /// All that a broker is made of.
    package struct Dependencies: Sendable {
        /// This gateway's own configuration.
        package var trust: GatewayTrust
        /// The metadata of issuers; somebody else runs it.
        package var directory: IssuerDirectory
        /// Checks renewed ID tokens.
        package var authenticator: BearerAuthenticator
        /// The keys of the configured providers; somebody else keeps them fresh.
        package var keys: @Sendable (_ issuer: String) -> (any IssuerKeys)?
        /// The route of a server as it is now, for tokens that are renewed.
        package var currentRoute: @Sendable (_ server: RouteKey) -> VersionedRoute?
        /// The gateway's clients at the providers.
        package var providers: any ProviderClients
        /// What requests are sent with.
        package var environment: BrokerEnvironment
        /// Gets a record of each leg and each refusal.
        package var audit: any AuditSink

        package init(
            trust: GatewayTrust,
            directory: IssuerDirectory,
            authenticator: BearerAuthenticator,
            keys: @escaping @Sendable (_ issuer: String) -> (any IssuerKeys)?,
            currentRoute: @escaping @Sendable (_ server: RouteKey) -> VersionedRoute?,
            providers: any ProviderClients,
            environment: BrokerEnvironment,
            audit: any AuditSink
        ) {
            self.trust = trust
            self.directory = directory
            self.authenticator = authenticator
            self.keys = keys
            self.currentRoute = currentRoute
            self.providers = providers
            self.environment = environment
            self.audit = audit
        }
    }

    let environment: BrokerEnvironment
    let planner: ExchangePlanner
    let subjects: RenewableSubjectTokens
    let verifier: ExchangedTokenVerifier
    let recorder: BrokerRecorder
    let flights: SingleFlight<CacheKey, BrokeredToken>
    let state: NIOLockedValueBox<BrokerState>
    let currentRoute: @Sendable (_ server: RouteKey) -> VersionedRoute?
    /// There may be a renewal that is due earlier than the others.
    let renewalsChanged = Wakeup()

    /// - Throws: What the environment's `random` throws, as the process's key is made of it.
    package init(_ dependencies: Dependencies) throws {
        environment = dependencies.environment
        currentRoute = dependencies.currentRoute
        planner = ExchangePlanner(
            trust: dependencies.trust,
            directory: dependencies.directory,
            providers: dependencies.providers,
            key: try ProcessKey(random: environment.random),
            time: environment.time
        )
        subjects = RenewableSubjectTokens(
            clients: dependencies.providers,
            directory: dependencies.directory,
            authenticator: dependencies.authenticator,
            environment: environment
        )
        verifier = ExchangedTokenVerifier(
            keys: ExchangeKeys(
                trust: dependencies.trust,
                providers: dependencies.keys,
                directory: dependencies.directory,
                client: environment.client,
                restrictedClient: environment.restrictedClient,
                clock: environment.time.clock
            ),
            trust: dependencies.trust,
            wallClock: environment.wallClock
        )
        recorder = BrokerRecorder(
            sink: dependencies.audit,
            metrics: environment.metrics,
            wallClock: environment.wallClock
        )
        flights = SingleFlight(time: environment.time, waiterLimit: environment.settings.waiters)
        state = NIOLockedValueBox(BrokerState(environment.settings))
    }

    /// Obtains tokens for all who ask, until the task is cancelled.
    ///
    /// - Throws: `CancellationError` only.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.flights.run() }
            group.addTask { try await self.subjects.run() }
            group.addTask { try await self.renewTokens() }
            group.addTask { try await self.verifier.keys.run() }
            try await group.waitForAll()
        }
    }

    /// The access token of a session for a server.
    ///
    /// - Parameters:
    ///   - session: Who asks.
    ///   - route: The server, in a mode that needs nothing of the user but the sign-in.
    ///   - correlationID: Ties records to the request.
    /// - Returns: One that is kept, or a new one.
    /// - Throws: ``BrokerError``, or `CancellationError`.
    package func token(
        for session: Session,
        route: VersionedRoute,
        correlationID: String
    ) async throws -> BrokeredToken {
        if let token = kept(session, route) { return token }
        do {
            return try await token(try await request(session, route, correlationID))
        } catch { throw recorded(error, session, route, correlationID) }
    }

    /// The token that is kept for a session, without asking anybody for anything.
    ///
    /// - Returns: `nil` if there is none, and for a kind of subject token that the session might not have.
    private func kept(_ session: Session, _ route: VersionedRoute) -> BrokeredToken? {
        guard let plan = planner.known(route), plan.subjectTokenType == .idToken, Self.takes(session, plan),
            let token = state.withLockedValue({ $0.token(session.identity, plan, at: environment.time.now) })
        else { return nil }
        recorder.metrics.request(.hit)
        return token
    }

    private static func takes(_ session: Session, _ plan: ExchangePlan) -> Bool {
        plan.issuer.map { session.identity.user.issuer.hasSameBytes(as: $0) } ?? true
    }

    /// Checks that the session may ask for the route's tokens at all.
    ///
    /// - Parameters:
    ///   - session: Who asks.
    ///   - route: The server.
    ///   - correlationID: Ties records to the request.
    ///   - waits: Whether to wait for metadata that is not known yet.
    /// - Returns: The request, with the newest subject token.
    /// - Throws: ``BrokerError``, or `CancellationError`.
    func request(
        _ session: Session,
        _ route: VersionedRoute,
        _ correlationID: String,
        waits: Bool = true
    ) async throws -> TokenRequest {
        let plan = try await planner.plan(route, waits: waits)
        guard Self.takes(session, plan) else {
            throw BrokerError(
                .issuerMismatch,
                "Could not obtain a token for '\(plan.server)': it takes users of '\(plan.issuer ?? "")', and this session is "
                    + "one of '\(session.identity.user.issuer)'. Sign in there."
            )
        }
        guard let subject = subjects.current(session, plan.subjectTokenType) else {
            throw BrokerError(
                .subjectTokenRequired,
                "Could not obtain a token for '\(plan.server)': it needs a session with a refresh token. Sign in at this "
                    + "gateway instead of sending an ID token."
            )
        }
        return TokenRequest(
            plan: plan,
            session: session,
            caller: Caller(user: session.identity.user, server: plan.server),
            subject: subject,
            correlationID: correlationID
        )
    }

    /// What is kept, or what is obtained now.
    func token(_ request: TokenRequest) async throws -> BrokeredToken {
        let (key, scopes) = state.withLockedValue { $0.key(request) }
        switch state.withLockedValue({ $0.look(key, request, at: environment.time.now) }) {
        case .kept(let token):
            recorder.metrics.request(.hit)
            return token
        case .refused(let error):
            recorder.metrics.request(.negative)
            throw RememberedFailure(error: error)
        case .missing: recorder.metrics.request(.miss)
        }
        do {
            while true {
                do { return try await obtained(key, scopes, request) } catch is NotRenewed {
                    // It waited for a renewal that came to nothing, which is over now.
                }
            }
        } catch let failure as ExchangeFailure {
            // The leg that failed has its record.
            throw RecordedFailure(error: failure.error)
        } catch let error as FlightError {
            throw BrokerError(error, server: request.plan.server.description)
        }
    }

    /// What the one flight for a key brings.
    private func obtained(_ key: CacheKey, _ scopes: ScopeList, _ request: TokenRequest) async throws -> BrokeredToken {
        try await flights.value(for: key, atMost: environment.settings.callDeadline) {
            try await self.obtain(key, scopes, request)
        }
    }

    /// Runs as the one flight for its key.
    private func obtain(_ key: CacheKey, _ scopes: ScopeList, _ request: TokenRequest) async throws -> BrokeredToken {
        // The flight before this one may have ended between the look and the start.
        switch state.withLockedValue({ $0.look(key, request, at: environment.time.now) }) {
        case .kept(let token): return token
        case .refused(let error): throw RememberedFailure(error: error)
        case .missing: break
        }
        return try await exchange(key, scopes, request)
    }

    /// Obtains a token, whatever is kept; runs as the one flight for its key.
    ///
    /// - Parameters:
    ///   - key: Under what it is kept.
    ///   - scopes: What is asked for.
    ///   - request: Whose, and for which server.
    ///   - start: From when on a session that is forgotten keeps nothing; `nil`: from now on.
    /// - Returns: The token, which is kept.
    /// - Throws: ``RememberedFailure`` while an endpoint is out of order, ``ExchangeFailure``, or `CancellationError`.
    func exchange(
        _ key: CacheKey,
        _ scopes: ScopeList,
        _ request: TokenRequest,
        since start: UInt64? = nil
    ) async throws -> BrokeredToken {
        let (epoch, permits) = try begin(request.plan)
        let runner = ExchangeRunner(
            plan: request.plan,
            session: request.session,
            correlationID: request.correlationID,
            environment: environment,
            subjects: subjects,
            verifier: verifier,
            recorder: recorder,
            onAnswer: { endpoint in self.state.withLockedValue { $0.answered(endpoint, permits) } }
        )
        do {
            let issued = try await runner.run(scopes: scopes, subject: request.subject)
            let token = brokered(issued, scopes, request.plan)
            let jitter = environment.jitter()
            let count = state.withLockedValue { state in
                state.succeeded(
                    key,
                    token,
                    issued.subject,
                    request,
                    since: start ?? epoch,
                    at: environment.time.now,
                    jitter: jitter
                )
            }
            renewalsChanged.call()
            recorder.metrics.cachedTokens(count)
            recordCircuits(permits)
            return token
        } catch let failure as ExchangeFailure {
            let jitter = environment.jitter()
            let wait = state.withLockedValue {
                $0.failed(failure, request, permits, at: environment.time.now, jitter: jitter)
            }
            recordCircuits(permits)
            guard failure.error.reason == .exchangeUnavailable, let wait else { throw failure }
            throw ExchangeFailure(
                error: failure.error.retrying(after: wait),
                memory: failure.memory,
                detail: failure.detail
            )
        } catch {
            state.withLockedValue { $0.gaveUp(request.plan, permits, at: environment.time.now) }
            throw error
        }
    }

    private func begin(_ plan: ExchangePlan) throws -> (epoch: UInt64, permits: CircuitBreakers.Permits) {
        do {
            return try state.withLockedValue { state in
                (state.epoch, try state.begin(plan, at: environment.time.now))
            }
        } catch let error as BrokerError { throw RememberedFailure(error: error) }
    }

    private func recordCircuits(_ permits: CircuitBreakers.Permits) {
        for endpoint in permits.keys {
            let end = state.withLockedValue { $0.openUntil(endpoint) }
            recorder.metrics.circuit(endpoint, openUntil: end, at: environment.time.now)
        }
    }

    private func brokered(_ issued: IssuedToken, _ scopes: ScopeList, _ plan: ExchangePlan) -> BrokeredToken {
        BrokeredToken(
            token: issued.token.token,
            scopes: issued.token.scopes,
            requestedScopes: scopes,
            lifetime: TokenLifetime.usable(
                issued.token.token,
                stated: issued.token.lifetime,
                subjectExpiry: issued.subject.expiry,
                cap: plan.maximumTokenLifetime,
                at: environment.wallClock()
            )
        )
    }
}
