// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// All that a broker remembers, and how each event changes it; the time is a parameter.
struct BrokerState: Sendable {
    /// What there is for a request.
    enum Look: Sendable {
        case kept(BrokeredToken)
        case refused(BrokerError)
        case missing
    }

    /// A token that took the place of one that its server had refused.
    private struct Replacement: Sendable {
        var digest: [UInt8]
        var until: Duration
    }

    /// How long a replacement counts as fresh: a server that refuses it refuses us, and not an old token.
    static let freshness = Duration.seconds(60)

    private(set) var tokens: TokenCache
    private(set) var failures: NegativeCache
    private(set) var ledger: StepUpLedger
    private var replacements: BoundedTable<CacheKey, Replacement>
    /// When sessions were forgotten, so that an exchange that was under way then leaves nothing behind.
    private var forgotten: BoundedTable<SessionIdentity, UInt64>
    private(set) var epoch: UInt64 = 0

    init(_ settings: BrokerSettings) {
        tokens = TokenCache(limits: TokenCache.Limits(count: settings.tokens, bytes: settings.tokenBytes))
        failures = NegativeCache(limit: settings.failures)
        ledger = StepUpLedger(limit: settings.sessions)
        replacements = BoundedTable(limit: settings.failures)
        forgotten = BoundedTable(limit: settings.sessions)
    }

    /// Under what the token of a request is kept, and what it asks for.
    func key(_ request: TokenRequest) -> (CacheKey, ScopeList) { key(request.session.identity, request.plan) }

    private func key(_ identity: SessionIdentity, _ plan: ExchangePlan) -> (CacheKey, ScopeList) {
        let ledgerKey = StepUpLedger.Key(identity: identity, server: plan.server)
        let scopes = ledger.scopes(ledgerKey, base: plan.scopes, stepUp: plan.stepUpScopes)
        return (plan.cacheKey(identity, scopes: scopes), scopes)
    }

    /// The token that is kept for a session; `nil` if there is none.
    mutating func token(_ identity: SessionIdentity, _ plan: ExchangePlan, at now: Duration) -> BrokeredToken? {
        tokens.token(key(identity, plan).0, cap: plan.maximumTokenLifetime, at: now)
    }

    mutating func look(_ key: CacheKey, _ request: TokenRequest, at now: Duration) -> Look {
        if let token = tokens.token(key, cap: request.plan.maximumTokenLifetime, at: now) { return .kept(token) }
        return failures.refusal(for: request.circumstances, at: now).map(Look.refused) ?? .missing
    }

    /// Keeps a token.
    ///
    /// - Returns: How many there are now.
    mutating func succeeded(
        _ key: CacheKey,
        _ token: BrokeredToken,
        _ subject: SubjectToken,
        _ request: TokenRequest,
        since start: UInt64,
        at now: Duration
    ) -> Int {
        failures.succeeded(request.circumstances)
        failures.succeeded(request.plan.circumstances(request.caller, subjectDigest: subject.digest))
        let wasForgotten = forgotten[request.session.identity].map { $0 > start } ?? false
        guard token.lifetime > .zero, !wasForgotten else { return tokens.count }
        let plan = request.plan
        tokens.insert(
            TokenCache.Entry(
                token: token,
                identity: request.session.identity,
                server: plan.server,
                credential: plan.credential,
                audience: plan.audience,
                resource: plan.resource,
                idpEndpoint: plan.idpEndpoint,
                authServerEndpoint: plan.authServerEndpoint,
                obtainedAt: now,
                validUntil: now + token.lifetime
            ),
            for: key
        )
        return tokens.count
    }

    /// Remembers a failure; a denial ends the user's tokens for that server at once.
    ///
    /// - Returns: For how long it is remembered.
    mutating func failed(
        _ failure: ExchangeFailure,
        _ request: TokenRequest,
        at now: Duration,
        jitter: Double
    ) -> Duration? {
        if failure.memory == .denial {
            tokens.drop { $0.identity.user == request.caller.user && $0.server == request.caller.server }
        }
        return failures.record(failure.error, as: failure.memory, for: request.caller, at: now, jitter: jitter)
    }

    /// What becomes of a token that its server refused.
    ///
    /// - Returns: Whether one may be obtained in its place; otherwise the refusal is remembered.
    mutating func rejected(
        _ token: BrokeredToken,
        _ error: BrokerError,
        _ request: TokenRequest,
        at now: Duration,
        jitter: Double
    ) -> Rejection {
        let key = request.plan.cacheKey(request.session.identity, scopes: token.requestedScopes)
        let wasKept = tokens.drop(key, digest: token.digest)
        guard let replacement = replacements[key], replacement.digest == token.digest else {
            return wasKept ? .replace(key) : .replacedAlready
        }
        replacements.remove(key)
        guard now < replacement.until else { return .replace(key) }
        failures.record(
            error,
            as: .attempt(digest: request.subject.digest, version: request.plan.version),
            for: request.caller,
            at: now,
            jitter: jitter
        )
        return .giveUp
    }

    mutating func discard(_ token: BrokeredToken, _ request: TokenRequest) {
        let key = request.plan.cacheKey(request.session.identity, scopes: token.requestedScopes)
        _ = tokens.drop(key, digest: token.digest)
    }

    /// What to do about a token that its server refused.
    enum Rejection: Hashable, Sendable {
        /// Obtain another one, and say which with ``replaced(_:with:at:)``.
        case replace(CacheKey)
        /// Somebody else has dropped it; take what there is.
        case replacedAlready
        /// It was fresh.
        case giveUp
    }

    mutating func replaced(_ key: CacheKey, with token: BrokeredToken, at now: Duration) {
        replacements.set(Replacement(digest: token.digest, until: now + Self.freshness), for: key)
    }

    mutating func demand(
        _ demanded: ScopeList,
        _ token: BrokeredToken,
        _ request: TokenRequest,
        at now: Duration
    ) -> StepUpLedger.Verdict {
        ledger.demand(
            request.ledgerKey,
            demanded,
            held: token.requestedScopes,
            base: request.plan.scopes,
            stepUp: request.plan.stepUpScopes,
            at: now
        )
    }

    mutating func revertStepUp(_ request: TokenRequest) { ledger.revert(request.ledgerKey) }

    /// Drops all that belongs to a session.
    mutating func forget(_ identity: SessionIdentity) {
        epoch += 1
        forgotten.set(epoch, for: identity)
        tokens.drop { $0.identity == identity }
        ledger.forget { $0.identity == identity }
        failures.forget(identity.user)
    }

    /// Lets a user try again at a server.
    mutating func retry(_ caller: Caller) {
        failures.forget(caller)
        ledger.forget { $0.identity.user == caller.user && $0.server == caller.server }
    }

    /// Drops what was obtained with what a route no longer has.
    mutating func routeChanged(_ server: RouteKey, to standing: RouteStanding) {
        switch standing {
        case .undecided: break
        case .usable(let outline): tokens.drop { $0.server == server && !outline.permits($0) }
        case .unusable:
            tokens.drop { $0.server == server }
            failures.forget(server)
            ledger.forget { $0.server == server }
        }
    }
}
