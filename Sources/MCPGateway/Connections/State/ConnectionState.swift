// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import RouteTable

/// All that is known of users' consents, and how each event changes it; the time is a parameter.
///
/// A connection that was begun is *waiting* until its user comes back, then *redeeming* until the code is redeemed. A grant
/// is *fresh* while its token may be given out, else *stale*; one whose last attempt to refresh failed is *resting*. What a
/// server demands besides is asked for with the next consent, and is *settled* by it, however it ends.
///
/// | event | before | after | what follows |
/// |---|---|---|---|
/// | ``begin(_:_:at:)`` | | waiting; the user's oldest beyond eight, and whatever is too late, is gone | |
/// | ``take(_:by:cameTo:at:)`` | waiting, in time, same user, at its address | redeeming | redeem the code |
/// | | waiting, at another address | gone | refuse: another server sent it |
/// | | waiting, another user | gone | refuse: whoever knows the state is not who began |
/// | | waiting, too late | gone | refuse |
/// | | redeeming, or none | the same | refuse: a state is used once |
/// | ``redeemed(_:_:at:)`` | redeeming | gone, and a fresh grant in the place of any other; demands are settled | |
/// | | gone meanwhile | no grant | drop what came |
/// | ``failed(_:)`` | redeeming | gone, and demands are settled | |
/// | ``look(_:_:at:)`` | fresh | the same | give the token out |
/// | | stale, with a refresh token | the same | refresh |
/// | | stale, without one | gone | ask for consent |
/// | | resting | the same | refuse as the last time |
/// | | for another issuer, endpoint, resource or client than the route's | the same | ask for consent |
/// | ``refreshed(_:_:_:at:)`` | of that serial | fresh, with the newest refresh token | give the token out |
/// | | of another serial, or gone | the same | drop what came, and look again |
/// | ``couldNotRefresh(_:_:_:remembering:at:)`` | of that serial | resting | refuse |
/// | ``retry(_:)`` | resting | stale | |
/// | ``ended(_:_:)`` | of that serial | gone | ask for consent |
/// | ``rejected(_:_:_:at:)`` | fresh, that token, with a refresh token | stale | refresh |
/// | | fresh, that token, itself the successor of a refused one | resting while it counts as fresh | refuse |
/// | | fresh, that token, without a refresh token | gone | ask for consent |
/// | | another token | the same | as for a look |
/// | | for another issuer, endpoint, resource or client than the route's | the same | ask for consent |
/// | ``discard(_:_:at:)`` | that token | as when it is rejected | |
/// | ``disconnect(_:)`` | any | gone, and what was begun with it | |
/// | ``routeChanged(_:to:)`` | for what the route no longer stands for | gone, with what was begun; demands are settled | |
/// | | waiting, and the route pins other endpoints, or none any more | gone | |
/// | | waiting, for the same | waiting, with the client's credential of now | |
/// | | resting, as only another configuration helps, and the route says something else | stale | |
struct ConnectionState: Sendable {
    /// Bounds on what is kept; what was not used for the longest time goes first.
    struct Limits: Hashable, Sendable {
        var pending = 10_000
        var pendingPerUser = 8
        var grants = 20_000
    }

    /// How long users have to come back.
    static let pendingLifetime = Duration.seconds(600)
    /// How long a code may take to be redeemed: longer than a request may.
    static let redemptionLifetime = Duration.seconds(60)
    /// How long the successor of a refused token counts as fresh: a server that refuses it gets no other one meanwhile.
    static let freshness = Duration.seconds(60)

    private struct Pending: Sendable {
        var connection: PendingConnection
        var deadline: Duration
        var isRedeeming = false
    }

    private let limits: Limits
    /// By a digest of the state, so that the table does not hold what it looks up.
    private var pending: BoundedTable<[UInt8], Pending>
    private var grants: BoundedTable<Caller, Grant>
    private var demands: ScopeDemands
    private var lastSerial: UInt64 = 0

    init(limits: Limits = Limits()) {
        self.limits = limits
        pending = BoundedTable(limit: limits.pending)
        grants = BoundedTable(limit: limits.grants)
        demands = ScopeDemands(limit: limits.grants)
    }

    var grantCount: Int { grants.count }
    var pendingCount: Int { pending.count }

    private mutating func nextSerial() -> UInt64 {
        lastSerial += 1
        return lastSerial
    }
}

// MARK: - Coming to a grant

extension ConnectionState {
    /// What follows when a browser comes back.
    enum Taking: Sendable {
        case redeem(PendingConnection)
        /// Another user began it, for this server.
        case foreign(RouteKey)
        /// It came to another address than the one that was asked for, for this server.
        case misdirected(RouteKey)
        /// Nobody began it, or it is over.
        case unknown
    }

    mutating func begin(_ connection: PendingConnection, _ digest: [UInt8], at now: Duration) {
        let user = connection.caller.user
        var own: [(digest: [UInt8], deadline: Duration)] = []
        pending.removeAll { digest, pending in
            if pending.deadline <= now { return true }
            if pending.connection.caller.user == user, !pending.isRedeeming { own.append((digest, pending.deadline)) }
            return false
        }
        own.sort { $0.deadline < $1.deadline }
        for (digest, _) in own.dropLast(limits.pendingPerUser - 1) { pending.remove(digest) }
        pending.set(Pending(connection: connection, deadline: now + Self.pendingLifetime), for: digest)
    }

    mutating func take(
        _ digest: [UInt8],
        by user: UserIdentity,
        cameTo redirectURI: String,
        at now: Duration
    ) -> Taking {
        guard let found = pending[digest], !found.isRedeeming else { return .unknown }
        pending.remove(digest)
        let server = found.connection.caller.server
        guard found.connection.caller.user == user else { return .foreign(server) }
        guard found.connection.redirectURI.hasSameBytes(as: redirectURI) else { return .misdirected(server) }
        guard now < found.deadline else { return .unknown }
        var redeeming = found
        redeeming.isRedeeming = true
        redeeming.deadline = now + Self.redemptionLifetime
        pending.set(redeeming, for: digest)
        return .redeem(found.connection)
    }

    /// - Returns: Whether the grant is kept.
    mutating func redeemed(_ digest: [UInt8], _ tokens: GrantedTokens, at now: Duration) -> Bool {
        guard let found = pending[digest], found.isRedeeming else { return false }
        pending.remove(digest)
        let connection = found.connection
        // The grant has what was demanded.
        demands.settle(connection.caller)
        let grant = Grant(
            serial: nextSerial(),
            binding: connection.binding,
            credential: connection.credential,
            mode: connection.mode,
            scopes: connection.scopes,
            token: tokens.token,
            validUntil: now + tokens.token.lifetime,
            refreshToken: tokens.refreshToken
        )
        grants.set(grant, for: connection.caller)
        return true
    }

    mutating func failed(_ digest: [UInt8]) {
        // A scope that does not exist would be refused each time.
        if let found = pending.remove(digest) { demands.settle(found.connection.caller) }
    }

    /// What a user is asked for besides what the server usually wants: what they have consented to, and what the server
    /// demanded since.
    func additionalScopes(_ caller: Caller) -> ScopeList {
        let demanded = demands.scopes(caller)
        guard !demanded.scopes.isEmpty else { return demanded }
        return demanded.union(grants[caller]?.scopes ?? ScopeList([]))
    }
}

// MARK: - Using a grant

extension ConnectionState {
    /// What there is for a request.
    enum Look: Sendable {
        case token(BrokeredToken)
        case refresh(Grant)
        case resting(BrokerError)
        case none
    }

    mutating func look(_ caller: Caller, _ route: Route, at now: Duration) -> Look {
        // A request may have been given its route before the grant was: what no route stands for goes when that changes.
        guard let grant = grants.use(caller), grant.binding.fits(route) else { return .none }
        if now < grant.validUntil, !grant.isRefused { return .token(grant.token.remaining(grant.validUntil - now)) }
        guard grant.refreshToken != nil else {
            grants.remove(caller)
            return .none
        }
        if let failure = grant.failure, now < failure.until {
            let error = failure.error
            return .resting(error.retryAfter == nil ? error : error.retrying(after: failure.until - now))
        }
        return .refresh(grant)
    }

    /// - Returns: `false` if the grant has gone or changed meanwhile.
    mutating func refreshed(_ caller: Caller, _ serial: UInt64, _ tokens: GrantedTokens, at now: Duration) -> Bool {
        guard var grant = grants[caller], grant.serial == serial else { return false }
        grant.freshUntil = grant.isRefused ? now + Self.freshness : nil
        grant.serial = nextSerial()
        grant.token = tokens.token
        grant.validUntil = now + tokens.token.lifetime
        grant.isRefused = false
        grant.refreshToken = tokens.refreshToken ?? grant.refreshToken
        grant.failures = 0
        grant.failure = nil
        grants.set(grant, for: caller)
        return true
    }

    /// Remembers why a grant could not be refreshed.
    ///
    /// - Parameters:
    ///   - caller: Whose.
    ///   - serial: Of the grant that was to be refreshed.
    ///   - error: Why.
    ///   - wait: How long to remember it after so many failures in a row.
    ///   - now: The time.
    mutating func couldNotRefresh(
        _ caller: Caller,
        _ serial: UInt64,
        _ error: BrokerError,
        remembering wait: (_ failures: Int) -> Duration,
        at now: Duration
    ) {
        guard var grant = grants[caller], grant.serial == serial else { return }
        grant.failures = min(grant.failures + 1, 32)
        grant.failure = (error, now + wait(grant.failures))
        grants.set(grant, for: caller)
    }

    /// Has the next request try to refresh again.
    mutating func retry(_ caller: Caller) {
        guard var grant = grants[caller], grant.failure != nil else { return }
        grant.failure = nil
        grants.set(grant, for: caller)
    }

    mutating func ended(_ caller: Caller, _ serial: UInt64) {
        if grants[caller]?.serial == serial { grants.remove(caller) }
    }

    /// What follows when a server refuses a token.
    enum Rejection: Sendable {
        case refresh(Grant)
        case useCurrent(BrokeredToken)
        case resting(BrokerError)
        case ended
    }

    mutating func rejected(_ caller: Caller, _ route: Route, _ token: BrokeredToken, at now: Duration) -> Rejection {
        guard var grant = grants[caller] else { return .ended }
        guard grant.token.digest == token.digest else {
            switch look(caller, route, at: now) {
            case .token(let current): return .useCurrent(current)
            case .refresh(let grant): return .refresh(grant)
            case .resting(let error): return .resting(error)
            case .none: return .ended
            }
        }
        guard grant.binding.fits(route) else { return .ended }
        guard grant.refreshToken != nil else {
            grants.remove(caller)
            return .ended
        }
        let error = Self.refuse(&grant, by: caller.server, at: now)
        grants.set(grant, for: caller)
        return error.map { .resting($0) } ?? .refresh(grant)
    }

    mutating func discard(_ caller: Caller, _ token: BrokeredToken, at now: Duration) {
        guard var grant = grants[caller], grant.token.digest == token.digest else { return }
        _ = Self.refuse(&grant, by: caller.server, at: now)
        if grant.refreshToken == nil { grants.remove(caller) } else { grants.set(grant, for: caller) }
    }

    /// Notes that a server refused the token of a grant.
    ///
    /// - Returns: Why there will be no other one for a while; `nil` if there may be one.
    private static func refuse(_ grant: inout Grant, by server: RouteKey, at now: Duration) -> BrokerError? {
        grant.isRefused = true
        guard let end = grant.freshUntil, now < end else { return nil }
        // A server that refuses each token for a while, for all its users perhaps, must not cost them their consents.
        let error = BrokerError.freshTokenRefused(by: server)
        grant.failure = (error, end)
        return error
    }

    /// Notes that a server wants more than the user has consented to.
    ///
    /// - Returns: `false` if it has done so too often.
    mutating func demand(_ scopes: ScopeList, of caller: Caller, at now: Duration) -> Bool {
        demands.add(scopes, of: caller, at: now)
    }
}

// MARK: - Ending a grant

extension ConnectionState {
    mutating func disconnect(_ caller: Caller) {
        grants.remove(caller)
        pending.removeAll { _, pending in pending.connection.caller == caller }
        demands.removeAll { $0 == caller }
    }

    /// Drops what a route no longer stands for; `nil` for one that is gone.
    mutating func routeChanged(_ server: RouteKey, to route: Route?) {
        var gone: Set<Caller> = []
        grants.removeAll { caller, grant in
            guard caller.server == server, !(route.map(grant.binding.fits) ?? false) else { return false }
            gone.insert(caller)
            return true
        }
        pending.removeAll { _, pending in
            let connection = pending.connection
            guard connection.caller.server == server, !(route.map(connection.fits) ?? false) else { return false }
            gone.insert(connection.caller)
            return true
        }
        // Another server's scopes mean nothing to this one.
        for caller in gone { demands.settle(caller) }
        guard let route else {
            demands.removeAll { $0.server == server }
            return
        }
        if case .authorizationCode(let mode) = route.authentication { follow(server, mode) }
    }

    /// Has what stays of a route go on as the route says now.
    private mutating func follow(_ server: RouteKey, _ mode: RouteAuthentication.AuthorizationCode) {
        for caller in grants.keys(where: { $0.server == server && $1.mode != mode }) {
            guard var grant = grants[caller] else { continue }
            grant.mode = mode
            if grant.failure?.error.reason == .serverMisconfigured { grant.failure = nil }
            grants.set(grant, for: caller)
        }
        for digest in pending.keys(where: { $1.connection.caller.server == server && $1.connection.mode != mode }) {
            guard var waiting = pending[digest] else { continue }
            waiting.connection.mode = mode
            pending.set(waiting, for: digest)
        }
    }
}

extension BrokerError {
    /// A server that refuses the successor of a refused token.
    fileprivate static func freshTokenRefused(by server: RouteKey) -> BrokerError {
        BrokerError(
            .upstreamRejectedToken,
            "The server '\(server)' does not accept a fresh token. Try again later, or connect to it again.",
            cause: "fresh_token_rejected"
        )
    }
}
