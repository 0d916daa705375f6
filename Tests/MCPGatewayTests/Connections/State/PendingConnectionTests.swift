// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable
import Testing

@testable import MCPGateway

@Suite("Coming to a grant")
struct PendingConnectionTests {
    private typealias Samples = ConnectionSamples

    @Test("waiting, in time, same user: redeem; redeeming, or none: unknown")
    func takeOnce() {
        var state = ConnectionState()
        #expect(Samples.take(&state) == "unknown")
        state.begin(Samples.connection(), Samples.first, at: .zero)
        #expect(Samples.take(&state, [2]) == "unknown")
        #expect(Samples.take(&state, at: Samples.tenMinutes - .seconds(1)) == "redeem")
        #expect(Samples.take(&state) == "unknown")
    }

    @Test("waiting, another user: foreign, and the state is used up for everybody")
    func takeForeign() {
        var state = ConnectionState()
        state.begin(Samples.connection(), Samples.first, at: .zero)
        #expect(Samples.take(&state, by: Samples.bob) == "foreign")
        #expect(Samples.take(&state, by: Samples.alice) == "unknown")
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
        state.begin(Samples.connection(), Samples.first, at: .zero)
        #expect(Samples.take(&state, cameTo: address) == "misdirected")
        #expect(Samples.take(&state) == "unknown")
        #expect(state.pendingCount == 0)
    }

    @Test("waiting, too late: unknown")
    func takeLate() {
        var state = ConnectionState()
        state.begin(Samples.connection(), Samples.first, at: .zero)
        #expect(Samples.take(&state, at: Samples.tenMinutes) == "unknown")
        #expect(state.pendingCount == 0)
    }

    @Test("redeeming: redeemed gives a fresh grant, failed none")
    func redeemed() {
        var state = Samples.granted()
        #expect(state.pendingCount == 0 && state.grantCount == 1)
        #expect(Samples.look(&state, at: .seconds(59)) == "t1")
        #expect(Samples.look(&state, Samples.route, Samples.bob, at: .zero) == "none")
        state.begin(Samples.connection(), [2], at: .zero)
        #expect(Samples.take(&state, [2]) == "redeem")
        state.failed([2])
        #expect(state.pendingCount == 0)
        #expect(!Samples.redeemed(&state, [2], Samples.tokens("t2"), at: .zero))
        #expect(Samples.look(&state, at: .seconds(1)) == "t1")
    }

    @Test("waiting: what nobody took is not redeemed")
    func redeemedUntaken() {
        var state = ConnectionState()
        state.begin(Samples.connection(), Samples.first, at: .zero)
        #expect(!Samples.redeemed(&state, Samples.first, Samples.tokens("t"), at: .zero))
    }

    @Test("redeeming, for more than a minute: gone when the next one begins")
    func redeemingForever() {
        var state = ConnectionState()
        state.begin(Samples.connection(), Samples.first, at: .zero)
        #expect(Samples.take(&state, at: .seconds(599)) == "redeem")
        let end = Duration.seconds(599) + ConnectionState.redemptionLifetime
        state.begin(Samples.connection(Samples.bob), [2], at: end - .seconds(1))
        #expect(state.pendingCount == 2)
        state.begin(Samples.connection(Samples.bob), [3], at: end)
        #expect(state.pendingCount == 2)
        #expect(!Samples.redeemed(&state, Samples.first, Samples.tokens("t"), at: end))
        #expect(state.grantCount == 0)
    }

    @Test("redeeming, gone meanwhile: no grant", arguments: [true, false])
    func redeemedTooLate(isDisconnected: Bool) {
        var state = ConnectionState()
        state.begin(Samples.connection(), Samples.first, at: .zero)
        _ = Samples.take(&state)
        if isDisconnected { state.disconnect(Samples.caller()) } else { state.routeChanged(Samples.route.key, to: nil) }
        #expect(!Samples.redeemed(&state, Samples.first, Samples.tokens("t"), at: .zero))
        #expect(state.grantCount == 0)
    }
}
