// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OAuth
import RouteTable

@testable import MCPGateway

/// Two users, a server and consents to it, for every test of ``ConnectionState``.
///
/// What a state answers is told as a word, so that a test reads like a row of the table there.
enum ConnectionSamples {
    static let alice = UserIdentity(issuer: "https://idp.example", tenant: nil, subject: "alice")
    static let bob = UserIdentity(issuer: "https://idp.example", tenant: nil, subject: "bob")
    static let route = VersionedRoute.consenting().route
    static let first: [UInt8] = [1]
    static let redirectURI = "https://gw.example/connect/callback"
    static let tenMinutes = ConnectionState.pendingLifetime

    static func caller(_ user: UserIdentity = alice) -> Caller { Caller(user: user, server: route.key) }

    static func connection(
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

    static func tokens(
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
    static func granted(
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
    static func look(
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

    static func take(
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

    static func rejected(
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

    static func refreshed(
        _ state: inout ConnectionState,
        _ serial: UInt64,
        _ tokens: GrantedTokens,
        at now: Duration
    ) -> Bool { state.refreshed(caller(), serial, tokens, at: now) }

    static func redeemed(
        _ state: inout ConnectionState,
        _ digest: [UInt8],
        _ tokens: GrantedTokens,
        at now: Duration
    ) -> Bool { state.redeemed(digest, tokens, at: now) }

    static func demand(_ state: inout ConnectionState, _ scope: String, at now: Duration) -> Bool {
        state.demand(ScopeList([scope]), of: caller(), at: now)
    }

    static func serial(_ state: inout ConnectionState, at now: Duration) -> UInt64? {
        guard case .refresh(let grant) = state.look(caller(), route, at: now) else { return nil }
        return grant.serial
    }
}
