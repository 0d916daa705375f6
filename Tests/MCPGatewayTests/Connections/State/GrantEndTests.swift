// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable
import Testing

@testable import MCPGateway

@Suite("Ending a grant")
struct GrantEndTests {
    private typealias Samples = ConnectionSamples

    @Test("disconnect: gone, with what was begun, for that user alone")
    func disconnect() {
        var state = Samples.granted()
        state.begin(Samples.connection(), [2], at: .zero)
        state.begin(Samples.connection(Samples.bob), [3], at: .zero)
        state.disconnect(Samples.caller())
        #expect(Samples.look(&state, at: .zero) == "none")
        #expect(Samples.take(&state, [2]) == "unknown")
        #expect(Samples.take(&state, [3], by: Samples.bob) == "redeem")
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
        var resource = Samples.route
        resource.resource = "https://mcp.example/todo2"
        resource.url = "https://mcp.example/todo2"
        var uid = Samples.route
        uid.uid = "another"
        var mode = Samples.route
        mode.authentication = .none
        for changed in [issuers, client, resource, uid, mode] {
            var state = Samples.granted()
            #expect(Samples.look(&state, changed, at: .zero) == "none")
            #expect(Samples.rejected(&state, "t1", changed, at: .zero) == "ended")
            #expect(Samples.rejected(&state, "t0", changed, at: .zero) == "ended")
            #expect(Samples.look(&state, at: .zero) == "t1")
            state.begin(Samples.connection(), [2], at: .zero)
            state.routeChanged(RouteKey(namespace: "other", name: "todo"), to: changed)
            #expect(state.grantCount == 1 && state.pendingCount == 1)
            state.routeChanged(Samples.route.key, to: changed)
            #expect(state.grantCount == 0 && state.pendingCount == 0)
        }
        var state = Samples.granted()
        let cosmetic = VersionedRoute.consenting(version: "2") { $0.scopes = ["more"] }.route
        state.routeChanged(Samples.route.key, to: cosmetic)
        #expect(Samples.look(&state, cosmetic, at: .zero) == "t1")
        let pinned = VersionedRoute.consenting { $0.issuer = "https://as.example" }.route
        #expect(Samples.look(&state, pinned, at: .zero) == "t1")
        state.routeChanged(Samples.route.key, to: nil)
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
            var state = Samples.granted()
            state.begin(Samples.connection(), [2], at: .zero)
            #expect(Samples.look(&state, changed, at: .zero) == (isKept ? "t1" : "none"))
            state.routeChanged(Samples.route.key, to: changed)
            #expect(state.grantCount == (isKept ? 1 : 0))
            #expect(state.pendingCount == 0)
        }
        // The issuer's own word is good enough for what a pinned endpoint gave, and not for a code of it.
        var connection = Samples.connection()
        connection.mode.tokenEndpoint = own.token
        var state = Samples.granted(by: connection)
        state.begin(connection, [2], at: .zero)
        state.routeChanged(Samples.route.key, to: Samples.route)
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
        var connection = Samples.connection()
        connection.binding.clientID = "by-hand"
        connection.binding.registration = .byHand
        var state = Samples.granted(by: connection)
        state.begin(connection, [2], at: .zero)
        state.routeChanged(Samples.route.key, to: before)
        guard case .refresh(let grant) = state.look(Samples.caller(), before, at: .seconds(60)) else {
            Issue.record("There is nothing to refresh.")
            return
        }
        let error = BrokerError(reason, "no")
        let wait: (Int) -> Duration = { _ in .seconds(30) }
        state.couldNotRefresh(Samples.caller(), grant.serial, error, remembering: wait, at: .seconds(60))
        // The same route again is no change.
        state.routeChanged(Samples.route.key, to: before)
        #expect(Samples.look(&state, before, at: .seconds(61)) == "resting \(reason.rawValue)")
        state.routeChanged(Samples.route.key, to: after)
        let expected = reason == .serverMisconfigured ? "refresh with r" : "resting \(reason.rawValue)"
        #expect(Samples.look(&state, after, at: .seconds(61)) == expected)
        let taking = state.take([2], by: Samples.alice, cameTo: Samples.redirectURI, at: .seconds(61))
        guard case .redeem(let taken) = taking else {
            Issue.record("Nobody comes back.")
            return
        }
        #expect(taken.mode.client?.credential == .secret(Redacted("canary-rotated")))
    }
}
