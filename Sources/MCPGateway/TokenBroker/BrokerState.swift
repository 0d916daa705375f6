// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import OAuth
import OpenSSL
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
        /// `nil`: the next one that is obtained will be it.
        var digest: SHA256.Digest?
        var until: Duration
    }

    /// How long a replacement counts as fresh: a server that refuses it refuses us, and not an old token.
    static let freshness = Duration.seconds(60)

    private(set) var tokens: TokenCache
    private(set) var failures: NegativeCache
    private(set) var ledger: StepUpLedger
    private var breakers: CircuitBreakers
    private var renewals = RenewalSchedule()
    private var replacements: BoundedTable<CacheKey, Replacement>
    /// When sessions were forgotten, so that an exchange that was under way then leaves nothing behind.
    private var forgotten: BoundedTable<SessionIdentity, UInt64>
    private(set) var epoch: UInt64 = 0

    init(_ settings: BrokerSettings) {
        tokens = TokenCache(limits: TokenCache.Limits(count: settings.tokens, bytes: settings.tokenBytes))
        failures = NegativeCache(limit: settings.failures)
        ledger = StepUpLedger(limit: settings.sessions)
        breakers = CircuitBreakers(limit: settings.failures)
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
        if let error = failures.refusal(for: request.circumstances, at: now) { return .refused(error) }
        let refusal = breakers.refusal(request.plan.source.endpoints, at: now)
        return refusal.map { .refused(.circuitOpen(request.plan, $0.endpoint, $0.wait)) } ?? .missing
    }

    /// Lets an exchange out.
    ///
    /// - Returns: What it gives back when it ends.
    /// - Throws: ``BrokerError`` while an endpoint it needs is out of order.
    mutating func begin(_ plan: ExchangePlan, at now: Duration) throws(BrokerError) -> CircuitBreakers.Permits {
        switch breakers.admit(plan.source.endpoints, at: now) {
        case .pass(let permits): return permits
        case .refuse(let endpoint, let wait): throw .circuitOpen(plan, endpoint, wait)
        }
    }

    /// Until when exchanges are kept away from an endpoint, if nobody asks any more; `nil` if they are not.
    func openUntil(_ endpoint: String) -> Duration? { breakers.openUntil(endpoint) }

    /// An endpoint works, whatever comes of the steps after it.
    mutating func answered(_ endpoint: String, _ permits: CircuitBreakers.Permits) {
        breakers.succeeded(endpoint, permits)
    }

    /// Takes an exchange back that was cancelled.
    mutating func gaveUp(_ plan: ExchangePlan, _ permits: CircuitBreakers.Permits, at now: Duration) {
        for endpoint in plan.source.endpoints { breakers.gaveUp(endpoint, permits, at: now) }
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
        at now: Duration,
        jitter: Double
    ) -> Int {
        failures.succeeded(request.circumstances)
        failures.succeeded(request.plan.circumstances(request.caller, subjectDigest: subject.digest))
        let wasForgotten = forgotten[request.session.identity].map { $0 > start } ?? false
        guard token.lifetime > .zero, !wasForgotten else { return tokens.count }
        let plan = request.plan
        // The user's own token is nobody else's to renew.
        let renewal =
            plan.source.endpoints.isEmpty
            ? nil : RenewalSchedule.renewal(of: now, lifetime: token.lifetime, jitter: jitter)
        tokens.insert(
            TokenCache.Entry(
                token: token,
                session: request.session,
                server: plan.server,
                terms: plan.terms,
                authServerEndpoint: plan.source.peer(.jwtBearer)?.endpoint,
                obtainedAt: now,
                validUntil: now + token.lifetime,
                usedAt: now,
                renewalAt: renewal
            ),
            for: key
        )
        if let renewal { schedule(key, at: renewal) }
        if let replacement = replacements[key], replacement.digest == nil {
            replacements.remove(key)
            if now < replacement.until { replaced(key, with: token, at: now) }
        }
        return tokens.count
    }

    /// Remembers a failure; a denial ends the user's tokens for that server at once.
    ///
    /// - Returns: For how long it is remembered.
    mutating func failed(
        _ failure: ExchangeFailure,
        _ request: TokenRequest,
        _ permits: CircuitBreakers.Permits,
        at now: Duration,
        jitter: Double
    ) -> Duration? {
        var wait: Duration?
        for endpoint in request.plan.source.endpoints {
            if case .endpoint(let failed, let asked) = failure.memory, failed.hasSameBytes(as: endpoint) {
                wait = breakers.failed(endpoint, permits, asked: asked, at: now, jitter: jitter)
            } else {
                // One that answered was told of when it did.
                breakers.gaveUp(endpoint, permits, at: now)
            }
        }
        if failure.memory == .denial {
            tokens.drop { $0.identity.user == request.caller.user && $0.server == request.caller.server }
        }
        return failures.record(failure.error, as: failure.memory, for: request.caller, at: now, jitter: jitter) ?? wait
    }

    // MARK: Renewal

    /// When a token is due next.
    var nextRenewal: Duration? { renewals.next }

    /// Takes the tokens out that are due.
    ///
    /// - Returns: Those that were used lately, and how many were not.
    mutating func takeRenewals(at now: Duration) -> (due: [(CacheKey, TokenCache.Entry)], skipped: Int) {
        var due: [(CacheKey, TokenCache.Entry)] = []
        var skipped = 0
        for (key, time) in renewals.takeDue(at: now) {
            guard let entry = tokens[key], entry.renewalAt == time else { continue }
            let half = entry.obtainedAt + (entry.validUntil - entry.obtainedAt) / 2
            if entry.usedAt >= half { due.append((key, entry)) } else { skipped += 1 }
        }
        return (due, skipped)
    }

    private mutating func schedule(_ key: CacheKey, at time: Duration) {
        renewals.add(key, at: time)
        // Tokens that were dropped or replaced leave theirs behind.
        guard renewals.count > 2 * tokens.count + 64 else { return }
        renewals.keep { [tokens] key, time in tokens[key]?.renewalAt == time }
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

    /// Drops a token that its server refused; the next one counts as obtained in its place.
    mutating func discard(
        _ token: BrokeredToken,
        _ error: BrokerError,
        _ request: TokenRequest,
        at now: Duration,
        jitter: Double
    ) {
        guard case .replace(let key) = rejected(token, error, request, at: now, jitter: jitter) else { return }
        replacements.set(Replacement(digest: nil, until: now + Self.freshness), for: key)
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
