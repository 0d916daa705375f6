// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable
import Testing

@testable import MCPGateway

@Suite("Scopes that servers demand")
struct ScopeDemandsTests {
    private typealias Samples = ConnectionSamples

    @Test("What a server demands is asked for the next time, three times in ten minutes")
    func demands() {
        var state = Samples.granted()
        #expect(state.additionalScopes(Samples.caller()).scopes.isEmpty)
        for number in 0..<3 {
            #expect(Samples.demand(&state, "s\(number)", at: .seconds(number)))
        }
        #expect(!Samples.demand(&state, "s4", at: .seconds(599)))
        #expect(state.additionalScopes(Samples.caller()).scopes == ["read", "s0", "s1", "s2"])
        #expect(Samples.demand(&state, "s5", at: .seconds(600)))
    }

    @Test("A consent settles what was demanded, however it ends, and not how often", arguments: [true, false])
    func settled(isRedeemed: Bool) {
        var state = Samples.granted()
        #expect(Samples.demand(&state, "bogus", at: .zero))
        state.begin(Samples.connection(), [2], at: .zero)
        #expect(state.additionalScopes(Samples.caller()).scopes == ["bogus", "read"])
        #expect(Samples.take(&state, [2]) == "redeem")
        if isRedeemed {
            #expect(Samples.redeemed(&state, [2], Samples.tokens("t2"), at: .zero))
        } else {
            state.failed([2])
        }
        #expect(state.additionalScopes(Samples.caller()).scopes.isEmpty)
        #expect(Samples.demand(&state, "x", at: .seconds(1)))
        #expect(Samples.demand(&state, "y", at: .seconds(1)))
        #expect(!Samples.demand(&state, "z", at: .seconds(1)))
    }

    @Test("A route that stands for something else settles what was demanded, by its grant or by what was begun")
    func settledByRoute() {
        let other = VersionedRoute.consenting { $0.issuer = "https://other.example" }.route
        var begun = ConnectionState()
        begun.begin(Samples.connection(), [2], at: .zero)
        for var state in [Samples.granted(), begun] {
            #expect(Samples.demand(&state, "bogus", at: .zero))
            state.routeChanged(Samples.route.key, to: Samples.route)
            #expect(!state.additionalScopes(Samples.caller()).scopes.isEmpty)
            state.routeChanged(Samples.route.key, to: other)
            #expect(state.additionalScopes(Samples.caller()).scopes.isEmpty)
        }
    }
}
