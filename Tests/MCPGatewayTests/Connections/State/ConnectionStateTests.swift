// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OAuth
import RouteTable
import Testing

@testable import MCPGateway

@Suite("Connection state")
struct ConnectionStateTests {
    private static let alice = UserIdentity(issuer: "https://idp.example", tenant: nil, subject: "alice")
    private static let bob = UserIdentity(issuer: "https://idp.example", tenant: nil, subject: "bob")
    private static let route = VersionedRoute.consenting().route
    private static let first: [UInt8] = [1]
    private static let redirectURI = "https://gw.example/connect/callback"
    private static let tenMinutes = ConnectionState.pendingLifetime

    private static func caller(_ user: UserIdentity = alice) -> Caller { Caller(user: user, server: route.key) }

    private static func connection(
        _ user: UserIdentity = alice,
        issuer: String = "https://as.example"
    ) -> PendingConnection {
        PendingConnection(
            caller: caller(user),
            binding: GrantBinding(
                uid: route.uid,
                issuer: issuer,
                authorizationEndpoint: issuer + "/authorize",
                tokenEndpoint: issuer + "/token",
                resource: route.resource,
                clientID: "c",
                registration: .dynamic
            ),
            server: AuthorizationServer(
                issuer: issuer,
                authorizationEndpoint: issuer + "/authorize",
                tokenEndpoint: issuer + "/token"
            ),
            credential: ClientCredential(clientID: "c", authentication: .none),
            mode: RouteAuthentication.AuthorizationCode(
                issuer: nil,
                scopes: [],
                authorizationEndpoint: nil,
                tokenEndpoint: nil,
                client: nil
            ),
            scopes: ScopeList(["read"]),
            redirectURI: redirectURI,
            verifier: CodeVerifier(random: [1, 2, 3])
        )
    }

    private static func tokens(
        _ text: String,
        refresh: String? = "r",
        lifetime: Duration = .seconds(60)
    ) -> GrantedTokens {
        GrantedTokens(
            token: BrokeredToken(
                token: Redacted(text),
                scopes: ["read"],
                requestedScopes: ScopeList(["read"]),
                lifetime: lifetime
            ),
            refreshToken: refresh.map { Redacted($0) }
        )
    }

    /// A state in which alice has a grant.
    private static func granted(
        by connection: PendingConnection = Self.connection(),
        refresh: String? = "r"
    ) -> ConnectionState {
        var state = ConnectionState()
        state.begin(connection, first, at: .zero)
        _ = state.take(first, by: alice, cameTo: redirectURI, at: .zero)
        _ = state.redeemed(first, tokens("t1", refresh: refresh), at: .zero)
        return state
    }

    /// What a look finds, as a word.
    private static func look(
        _ state: inout ConnectionState,
        _ route: Route = route,
        _ user: UserIdentity = alice,
        at now: Duration
    ) -> String {
        switch state.look(caller(user), route, at: now) {
        case .token(let token): token.token.exposed
        case .refresh(let grant): "refresh with \(grant.refreshToken?.exposed ?? "nothing")"
        case .resting(let error): "resting \(error.reason.rawValue)"
        case .none: "none"
        }
    }

    private static func take(
        _ state: inout ConnectionState,
        _ digest: [UInt8] = first,
        by user: UserIdentity = alice,
        cameTo address: String = redirectURI,
        at now: Duration = .zero
    ) -> String {
        switch state.take(digest, by: user, cameTo: address, at: now) {
        case .redeem: "redeem"
        case .misdirected: "misdirected"
        case .foreign: "foreign"
        case .unknown: "unknown"
        }
    }

    private static func rejected(
        _ state: inout ConnectionState,
        _ text: String,
        _ route: Route = route,
        at now: Duration
    ) -> String {
        switch state.rejected(caller(), route, tokens(text).token, at: now) {
        case .refresh: "refresh"
        case .useCurrent(let token): token.token.exposed
        case .resting: "resting"
        case .ended: "ended"
        }
    }

    private static func refreshed(
        _ state: inout ConnectionState,
        _ serial: UInt64,
        _ tokens: GrantedTokens,
        at now: Duration
    ) -> Bool { state.refreshed(caller(), serial, tokens, at: now) }

    private static func redeemed(
        _ state: inout ConnectionState,
        _ digest: [UInt8],
        _ tokens: GrantedTokens,
        at now: Duration
    ) -> Bool { state.redeemed(digest, tokens, at: now) }

    private static func demand(_ state: inout ConnectionState, _ scope: String, at now: Duration) -> Bool {
        state.demand(ScopeList([scope]), of: caller(), at: now)
    }

    private static func serial(_ state: inout ConnectionState, at now: Duration) -> UInt64? {
        guard case .refresh(let grant) = state.look(caller(), route, at: now) else { return nil }
        return grant.serial
    }

    // MARK: - Coming to a grant

    @Test("waiting, in time, same user: redeem; redeeming, or none: unknown")
    func takeOnce() {
        var state = ConnectionState()
        #expect(Self.take(&state) == "unknown")
        state.begin(Self.connection(), Self.first, at: .zero)
        #expect(Self.take(&state, [2]) == "unknown")
        #expect(Self.take(&state, at: Self.tenMinutes - .seconds(1)) == "redeem")
        #expect(Self.take(&state) == "unknown")
    }

    @Test("waiting, another user: foreign, and the state is used up for everybody")
    func takeForeign() {
        var state = ConnectionState()
        state.begin(Self.connection(), Self.first, at: .zero)
        #expect(Self.take(&state, by: Self.bob) == "foreign")
        #expect(Self.take(&state, by: Self.alice) == "unknown")
    }

    @Test(
        "waiting, at another address: misdirected, and the state is used up",
        arguments: [
            "https://gw.example/connect/callback/0123456789abcdef0123456789abcdef",
            "https://gw.example/connect/callback/", "https://GW.example/connect/callback", "",
        ]
    )
    func takeMisdirected(address: String) {
        var state = ConnectionState()
        state.begin(Self.connection(), Self.first, at: .zero)
        #expect(Self.take(&state, cameTo: address) == "misdirected")
        #expect(Self.take(&state) == "unknown")
        #expect(state.pendingCount == 0)
    }

    @Test("waiting, too late: unknown")
    func takeLate() {
        var state = ConnectionState()
        state.begin(Self.connection(), Self.first, at: .zero)
        #expect(Self.take(&state, at: Self.tenMinutes) == "unknown")
        #expect(state.pendingCount == 0)
    }

    @Test("A user has eight beginnings at most, and all users together a bounded number")
    func beginBounds() {
        var state = ConnectionState(limits: ConnectionState.Limits(pending: 20, pendingPerUser: 8, grants: 2))
        for number in UInt8(0)..<12 { state.begin(Self.connection(), [number], at: .seconds(Int64(number))) }
        #expect(state.pendingCount == 8)
        #expect(Self.take(&state, [3], at: .seconds(20)) == "unknown")
        #expect(Self.take(&state, [4], at: .seconds(20)) == "redeem")
        for number in UInt8(0)..<40 {
            let user = UserIdentity(issuer: "i", tenant: nil, subject: "u\(number)")
            state.begin(Self.connection(user), [100 + number], at: .seconds(21))
        }
        #expect(state.pendingCount == 20)
        // What is over makes room by itself.
        state.begin(Self.connection(), [99], at: .seconds(21) + Self.tenMinutes)
        #expect(state.pendingCount <= 2)
    }

    @Test("redeeming: redeemed gives a fresh grant, failed none")
    func redeemed() {
        var state = Self.granted()
        #expect(state.pendingCount == 0 && state.grantCount == 1)
        #expect(Self.look(&state, at: .seconds(59)) == "t1")
        #expect(Self.look(&state, Self.route, Self.bob, at: .zero) == "none")
        state.begin(Self.connection(), [2], at: .zero)
        #expect(Self.take(&state, [2]) == "redeem")
        state.failed([2])
        #expect(state.pendingCount == 0)
        #expect(!Self.redeemed(&state, [2], Self.tokens("t2"), at: .zero))
        #expect(Self.look(&state, at: .seconds(1)) == "t1")
    }

    @Test("waiting: what nobody took is not redeemed")
    func redeemedUntaken() {
        var state = ConnectionState()
        state.begin(Self.connection(), Self.first, at: .zero)
        #expect(!Self.redeemed(&state, Self.first, Self.tokens("t"), at: .zero))
    }

    @Test("redeeming, for more than a minute: gone when the next one begins")
    func redeemingForever() {
        var state = ConnectionState()
        state.begin(Self.connection(), Self.first, at: .zero)
        #expect(Self.take(&state, at: .seconds(599)) == "redeem")
        let end = Duration.seconds(599) + ConnectionState.redemptionLifetime
        state.begin(Self.connection(Self.bob), [2], at: end - .seconds(1))
        #expect(state.pendingCount == 2)
        state.begin(Self.connection(Self.bob), [3], at: end)
        #expect(state.pendingCount == 2)
        #expect(!Self.redeemed(&state, Self.first, Self.tokens("t"), at: end))
        #expect(state.grantCount == 0)
    }

    @Test("redeeming, gone meanwhile: no grant", arguments: [true, false])
    func redeemedTooLate(isDisconnected: Bool) {
        var state = ConnectionState()
        state.begin(Self.connection(), Self.first, at: .zero)
        _ = Self.take(&state)
        if isDisconnected { state.disconnect(Self.caller()) } else { state.routeChanged(Self.route.key, to: nil) }
        #expect(!Self.redeemed(&state, Self.first, Self.tokens("t"), at: .zero))
        #expect(state.grantCount == 0)
    }

    // MARK: - Using a grant

    @Test("stale, with a refresh token: refresh; without one: gone")
    func stale() {
        var state = Self.granted()
        #expect(Self.look(&state, at: .seconds(60)) == "refresh with r")
        var other = Self.granted(refresh: nil)
        #expect(Self.look(&other, at: .seconds(59)) == "t1")
        #expect(Self.look(&other, at: .seconds(60)) == "none")
        #expect(other.grantCount == 0)
    }

    @Test("refreshed, of that serial: fresh, and the newest refresh token wins")
    func refreshed() throws {
        var state = Self.granted()
        let serial = try #require(Self.serial(&state, at: .seconds(60)))
        #expect(Self.refreshed(&state, serial, Self.tokens("t2", refresh: "r2"), at: .seconds(60)))
        #expect(Self.look(&state, at: .seconds(61)) == "t2")
        #expect(Self.look(&state, at: .seconds(120)) == "refresh with r2")
        let next = try #require(Self.serial(&state, at: .seconds(120)))
        #expect(Self.refreshed(&state, next, Self.tokens("t3", refresh: nil), at: .seconds(120)))
        #expect(Self.look(&state, at: .seconds(180)) == "refresh with r2")
    }

    @Test("refreshed, of another serial or gone: dropped")
    func refreshedLate() throws {
        var state = Self.granted()
        let serial = try #require(Self.serial(&state, at: .seconds(60)))
        #expect(Self.refreshed(&state, serial, Self.tokens("t2"), at: .seconds(60)))
        #expect(!Self.refreshed(&state, serial, Self.tokens("late"), at: .seconds(60)))
        #expect(Self.look(&state, at: .seconds(61)) == "t2")
        state.disconnect(Self.caller())
        #expect(!Self.refreshed(&state, serial + 1, Self.tokens("late"), at: .seconds(60)))
        #expect(state.grantCount == 0)
    }

    @Test("could not refresh, of that serial: resting, longer each time; of another one: unchanged")
    func resting() throws {
        var state = Self.granted()
        let error = BrokerError(.exchangeUnavailable, "no")
        let serial = try #require(Self.serial(&state, at: .seconds(60)))
        let wait: (Int) -> Duration = { .seconds($0 * 10) }
        state.couldNotRefresh(Self.caller(), serial + 1, error, remembering: wait, at: .seconds(60))
        #expect(Self.look(&state, at: .seconds(60)) == "refresh with r")
        state.couldNotRefresh(Self.caller(), serial, error, remembering: wait, at: .seconds(60))
        #expect(Self.look(&state, at: .seconds(69)) == "resting ExchangeUnavailable")
        #expect(Self.look(&state, at: .seconds(70)) == "refresh with r")
        state.couldNotRefresh(Self.caller(), serial, error, remembering: wait, at: .seconds(70))
        #expect(Self.look(&state, at: .seconds(89)) == "resting ExchangeUnavailable")
        #expect(Self.look(&state, at: .seconds(90)) == "refresh with r")
    }

    @Test("retry, resting: stale")
    func retry() throws {
        var state = Self.granted()
        let serial = try #require(Self.serial(&state, at: .seconds(60)))
        let error = BrokerError(.exchangeUnavailable, "no")
        state.couldNotRefresh(Self.caller(), serial, error, remembering: { _ in .seconds(30) }, at: .seconds(60))
        #expect(Self.look(&state, at: .seconds(61)) == "resting ExchangeUnavailable")
        state.retry(Self.caller(Self.bob))
        #expect(Self.look(&state, at: .seconds(61)) == "resting ExchangeUnavailable")
        state.retry(Self.caller())
        #expect(Self.look(&state, at: .seconds(61)) == "refresh with r")
    }

    @Test("ended, of that serial: gone; of another one: unchanged")
    func ended() throws {
        var state = Self.granted()
        let serial = try #require(Self.serial(&state, at: .seconds(60)))
        state.ended(Self.caller(), serial + 1)
        #expect(state.grantCount == 1)
        state.ended(Self.caller(), serial)
        #expect(state.grantCount == 0)
    }

    @Test("rejected, that token: refresh once; its successor too: resting for as long as that counts as fresh")
    func rejectedTwice() throws {
        var state = Self.granted()
        #expect(Self.rejected(&state, "t1", at: .seconds(1)) == "refresh")
        let serial = try #require(Self.serial(&state, at: .seconds(1)))
        #expect(Self.refreshed(&state, serial, Self.tokens("t2"), at: .seconds(1)))
        // Somebody who was slow had the old one.
        #expect(Self.rejected(&state, "t1", at: .seconds(2)) == "t2")
        #expect(Self.rejected(&state, "t2", at: .seconds(2)) == "resting")
        #expect(Self.rejected(&state, "t1", at: .seconds(3)) == "resting")
        let end = Duration.seconds(1) + ConnectionState.freshness
        #expect(Self.look(&state, at: end - .seconds(1)) == "resting UpstreamRejectedToken")
        #expect(Self.look(&state, at: end) == "refresh with r")
        let next = try #require(Self.serial(&state, at: end))
        #expect(Self.refreshed(&state, next, Self.tokens("t3"), at: end))
        #expect(Self.look(&state, at: end) == "t3")
        // It is the successor of a refused one as well.
        #expect(Self.rejected(&state, "t3", at: end + .seconds(1)) == "resting")
        #expect(state.grantCount == 1)
    }

    @Test("rejected, the successor after a while: refresh again")
    func rejectedLater() throws {
        var state = Self.granted()
        #expect(Self.rejected(&state, "t1", at: .zero) == "refresh")
        let serial = try #require(Self.serial(&state, at: .zero))
        #expect(Self.refreshed(&state, serial, Self.tokens("t2", lifetime: .seconds(600)), at: .zero))
        #expect(Self.rejected(&state, "t2", at: ConnectionState.freshness) == "refresh")
    }

    @Test("rejected, without a refresh token: gone")
    func rejectedForGood() {
        var state = Self.granted(refresh: nil)
        #expect(Self.rejected(&state, "t1", at: .zero) == "ended")
        #expect(state.grantCount == 0)
    }

    @Test("discard, that token: stale, or gone without a refresh token; another one: unchanged")
    func discard() {
        var state = Self.granted()
        state.discard(Self.caller(), Self.tokens("other").token, at: .zero)
        #expect(Self.look(&state, at: .zero) == "t1")
        state.discard(Self.caller(), Self.tokens("t1").token, at: .zero)
        #expect(Self.look(&state, at: .zero) == "refresh with r")
        var other = Self.granted(refresh: nil)
        other.discard(Self.caller(), Self.tokens("t1").token, at: .zero)
        #expect(other.grantCount == 0)
    }

    @Test(
        "discard, the successor of a refused token: resting for as long as that counts as fresh",
        arguments: [true, false]
    )
    func discardTwice(isFirstDiscarded: Bool) throws {
        var state = Self.granted()
        if isFirstDiscarded {
            state.discard(Self.caller(), Self.tokens("t1").token, at: .zero)
        } else {
            #expect(Self.rejected(&state, "t1", at: .zero) == "refresh")
        }
        let serial = try #require(Self.serial(&state, at: .zero))
        #expect(Self.refreshed(&state, serial, Self.tokens("t2"), at: .zero))
        state.discard(Self.caller(), Self.tokens("t2").token, at: .seconds(1))
        #expect(Self.look(&state, at: ConnectionState.freshness - .seconds(1)) == "resting UpstreamRejectedToken")
        #expect(Self.look(&state, at: ConnectionState.freshness) == "refresh with r")
    }

    // MARK: - Ending a grant

    @Test("disconnect: gone, with what was begun, for that user alone")
    func disconnect() {
        var state = Self.granted()
        state.begin(Self.connection(), [2], at: .zero)
        state.begin(Self.connection(Self.bob), [3], at: .zero)
        state.disconnect(Self.caller())
        #expect(Self.look(&state, at: .zero) == "none")
        #expect(Self.take(&state, [2]) == "unknown")
        #expect(Self.take(&state, [3], by: Self.bob) == "redeem")
    }

    @Test(
        "A route that stands for something else ends its grants; a request that still has it finds none and ends none"
    )
    func changes() {
        let issuers = VersionedRoute.consenting { $0.issuer = "https://other.example" }.route
        let client = VersionedRoute.consenting { mode in
            mode.issuer = "https://as.example"
            mode.client = RouteClient(id: "c", method: .none, credential: .none, source: nil)
        }.route
        var resource = Self.route
        resource.resource = "https://mcp.example/todo2"
        resource.url = "https://mcp.example/todo2"
        var uid = Self.route
        uid.uid = "another"
        var mode = Self.route
        mode.authentication = .none
        for changed in [issuers, client, resource, uid, mode] {
            var state = Self.granted()
            #expect(Self.look(&state, changed, at: .zero) == "none")
            #expect(Self.rejected(&state, "t1", changed, at: .zero) == "ended")
            #expect(Self.rejected(&state, "t0", changed, at: .zero) == "ended")
            #expect(Self.look(&state, at: .zero) == "t1")
            state.begin(Self.connection(), [2], at: .zero)
            state.routeChanged(RouteKey(namespace: "other", name: "todo"), to: changed)
            #expect(state.grantCount == 1 && state.pendingCount == 1)
            state.routeChanged(Self.route.key, to: changed)
            #expect(state.grantCount == 0 && state.pendingCount == 0)
        }
        var state = Self.granted()
        let cosmetic = VersionedRoute.consenting(version: "2") { $0.scopes = ["more"] }.route
        state.routeChanged(Self.route.key, to: cosmetic)
        #expect(Self.look(&state, cosmetic, at: .zero) == "t1")
        let pinned = VersionedRoute.consenting { $0.issuer = "https://as.example" }.route
        #expect(Self.look(&state, pinned, at: .zero) == "t1")
        state.routeChanged(Self.route.key, to: nil)
        #expect(state.grantCount == 0)
    }

    @Test("A pin of another endpoint ends what came of the one before; one that comes or goes ends what was begun")
    func pinnedEndpoints() {
        let own = (authorization: "https://as.example/authorize", token: "https://as.example/token")
        func pinned(_ authorization: String?, _ token: String?) -> Route {
            VersionedRoute.consenting { mode in
                mode.authorizationEndpoint = authorization
                mode.tokenEndpoint = token
            }.route
        }
        let changes = [
            (pinned("https://as.example/v2/a", nil), false), (pinned(nil, "https://as.example/v2/t"), false),
            (pinned(own.authorization, own.token), true),
        ]
        for (changed, isKept) in changes {
            var state = Self.granted()
            state.begin(Self.connection(), [2], at: .zero)
            #expect(Self.look(&state, changed, at: .zero) == (isKept ? "t1" : "none"))
            state.routeChanged(Self.route.key, to: changed)
            #expect(state.grantCount == (isKept ? 1 : 0))
            #expect(state.pendingCount == 0)
        }
        // The issuer's own word is good enough for what a pinned endpoint gave, and not for a code of it.
        var connection = Self.connection()
        connection.mode.tokenEndpoint = own.token
        var state = Self.granted(by: connection)
        state.begin(connection, [2], at: .zero)
        state.routeChanged(Self.route.key, to: Self.route)
        #expect(state.grantCount == 1 && state.pendingCount == 0)
    }

    @Test(
        "A rotated credential is for who comes back, and wakes a grant that rested as only a change helps",
        arguments: [BrokerError.Reason.serverMisconfigured, .exchangeUnavailable]
    )
    func rotatedCredential(reason: BrokerError.Reason) throws {
        let (before, after) = (
            VersionedRoute.preregistered().route, VersionedRoute.preregistered(secret: "canary-rotated").route
        )
        var connection = Self.connection()
        connection.binding.clientID = "by-hand"
        connection.binding.registration = .byHand
        var state = Self.granted(by: connection)
        state.begin(connection, [2], at: .zero)
        state.routeChanged(Self.route.key, to: before)
        guard case .refresh(let grant) = state.look(Self.caller(), before, at: .seconds(60)) else {
            Issue.record("There is nothing to refresh.")
            return
        }
        let error = BrokerError(reason, "no")
        let wait: (Int) -> Duration = { _ in .seconds(30) }
        state.couldNotRefresh(Self.caller(), grant.serial, error, remembering: wait, at: .seconds(60))
        // The same route again is no change.
        state.routeChanged(Self.route.key, to: before)
        #expect(Self.look(&state, before, at: .seconds(61)) == "resting \(reason.rawValue)")
        state.routeChanged(Self.route.key, to: after)
        let expected = reason == .serverMisconfigured ? "refresh with r" : "resting \(reason.rawValue)"
        #expect(Self.look(&state, after, at: .seconds(61)) == expected)
        let taking = state.take([2], by: Self.alice, cameTo: Self.redirectURI, at: .seconds(61))
        guard case .redeem(let taken) = taking else {
            Issue.record("Nobody comes back.")
            return
        }
        #expect(taken.mode.client?.credential == .secret(Redacted("canary-rotated")))
    }

    @Test("Grants are bounded; who was away longest goes first")
    func grantBounds() {
        var state = ConnectionState(limits: ConnectionState.Limits(pending: 10, pendingPerUser: 8, grants: 2))
        for (number, user) in ["a", "b", "c"].enumerated() {
            let identity = UserIdentity(issuer: "i", tenant: nil, subject: user)
            state.begin(Self.connection(identity), [UInt8(number)], at: .zero)
            _ = state.take([UInt8(number)], by: identity, cameTo: Self.redirectURI, at: .zero)
            #expect(Self.redeemed(&state, [UInt8(number)], Self.tokens(user), at: .zero))
        }
        #expect(state.grantCount == 2)
        #expect(
            Self.look(&state, Self.route, UserIdentity(issuer: "i", tenant: nil, subject: "a"), at: .zero) == "none"
        )
    }

    @Test("What a server demands is asked for the next time, three times in ten minutes")
    func demands() {
        var state = Self.granted()
        #expect(state.additionalScopes(Self.caller()).scopes.isEmpty)
        for number in 0..<3 {
            #expect(Self.demand(&state, "s\(number)", at: .seconds(number)))
        }
        #expect(!Self.demand(&state, "s4", at: .seconds(599)))
        #expect(state.additionalScopes(Self.caller()).scopes == ["read", "s0", "s1", "s2"])
        #expect(Self.demand(&state, "s5", at: .seconds(600)))
    }

    @Test("A consent settles what was demanded, however it ends, and not how often", arguments: [true, false])
    func settled(isRedeemed: Bool) {
        var state = Self.granted()
        #expect(Self.demand(&state, "bogus", at: .zero))
        state.begin(Self.connection(), [2], at: .zero)
        #expect(state.additionalScopes(Self.caller()).scopes == ["bogus", "read"])
        #expect(Self.take(&state, [2]) == "redeem")
        if isRedeemed {
            #expect(Self.redeemed(&state, [2], Self.tokens("t2"), at: .zero))
        } else {
            state.failed([2])
        }
        #expect(state.additionalScopes(Self.caller()).scopes.isEmpty)
        #expect(Self.demand(&state, "x", at: .seconds(1)))
        #expect(Self.demand(&state, "y", at: .seconds(1)))
        #expect(!Self.demand(&state, "z", at: .seconds(1)))
    }

    @Test("A route that stands for something else settles what was demanded, by its grant or by what was begun")
    func settledByRoute() {
        let other = VersionedRoute.consenting { $0.issuer = "https://other.example" }.route
        var begun = ConnectionState()
        begun.begin(Self.connection(), [2], at: .zero)
        for var state in [Self.granted(), begun] {
            #expect(Self.demand(&state, "bogus", at: .zero))
            state.routeChanged(Self.route.key, to: Self.route)
            #expect(!state.additionalScopes(Self.caller()).scopes.isEmpty)
            state.routeChanged(Self.route.key, to: other)
            #expect(state.additionalScopes(Self.caller()).scopes.isEmpty)
        }
    }

    @Test("Nothing of it prints a token or a verifier")
    func printing() {
        let state = Self.granted(refresh: "canary-refresh")
        var text = "\(state)\(String(reflecting: state))"
        dump(state, to: &text)
        dump(Self.connection(), to: &text)
        dump(Self.tokens("canary-token"), to: &text)
        #expect(!text.contains("canary") && !text.contains("t1") && !text.contains("AQID"))
    }
}
