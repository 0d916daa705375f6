// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MCPGateway

@Suite("Connection state")
struct ConnectionStateTests {
    private typealias Samples = ConnectionSamples

    @Test("A user has eight beginnings at most, and all users together a bounded number")
    func beginBounds() {
        var state = ConnectionState(limits: ConnectionState.Limits(pending: 20, pendingPerUser: 8, grants: 2))
        for number in UInt8(0)..<12 { state.begin(Samples.connection(), [number], at: .seconds(Int64(number))) }
        #expect(state.pendingCount == 8)
        #expect(Samples.take(&state, [3], at: .seconds(20)) == "unknown")
        #expect(Samples.take(&state, [4], at: .seconds(20)) == "redeem")
        for number in UInt8(0)..<40 {
            let user = UserIdentity(issuer: "i", tenant: nil, subject: "u\(number)")
            state.begin(Samples.connection(user), [100 + number], at: .seconds(21))
        }
        #expect(state.pendingCount == 20)
        // What is over makes room by itself.
        state.begin(Samples.connection(), [99], at: .seconds(21) + Samples.tenMinutes)
        #expect(state.pendingCount <= 2)
    }

    @Test("Grants are bounded; who was away longest goes first")
    func grantBounds() {
        var state = ConnectionState(limits: ConnectionState.Limits(pending: 10, pendingPerUser: 8, grants: 2))
        for (number, user) in ["a", "b", "c"].enumerated() {
            let identity = UserIdentity(issuer: "i", tenant: nil, subject: user)
            state.begin(Samples.connection(identity), [UInt8(number)], at: .zero)
            _ = state.take([UInt8(number)], by: identity, cameTo: Samples.redirectURI, at: .zero)
            #expect(Samples.redeemed(&state, [UInt8(number)], Samples.tokens(user), at: .zero))
        }
        #expect(state.grantCount == 2)
        #expect(
            Samples.look(&state, Samples.route, UserIdentity(issuer: "i", tenant: nil, subject: "a"), at: .zero)
                == "none"
        )
    }

    @Test("Nothing of it prints a token or a verifier")
    func printing() {
        let state = Samples.granted(refresh: "canary-refresh")
        var text = "\(state)\(String(reflecting: state))"
        dump(state, to: &text)
        dump(Samples.connection(), to: &text)
        dump(Samples.tokens("canary-token"), to: &text)
        #expect(!text.contains("canary") && !text.contains("t1") && !text.contains("AQID"))
    }
}
