// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MCPGateway

@Suite("Using a grant")
struct GrantUseTests {
    private typealias Samples = ConnectionSamples

    @Test("stale, with a refresh token: refresh; without one: gone")
    func stale() {
        var state = Samples.granted()
        #expect(Samples.look(&state, at: .seconds(60)) == "refresh with r")
        var other = Samples.granted(refresh: nil)
        #expect(Samples.look(&other, at: .seconds(59)) == "t1")
        #expect(Samples.look(&other, at: .seconds(60)) == "none")
        #expect(other.grantCount == 0)
    }

    @Test("refreshed, of that serial: fresh, and the newest refresh token wins")
    func refreshed() throws {
        var state = Samples.granted()
        let serial = try #require(Samples.serial(&state, at: .seconds(60)))
        #expect(Samples.refreshed(&state, serial, Samples.tokens("t2", refresh: "r2"), at: .seconds(60)))
        #expect(Samples.look(&state, at: .seconds(61)) == "t2")
        #expect(Samples.look(&state, at: .seconds(120)) == "refresh with r2")
        let next = try #require(Samples.serial(&state, at: .seconds(120)))
        #expect(Samples.refreshed(&state, next, Samples.tokens("t3", refresh: nil), at: .seconds(120)))
        #expect(Samples.look(&state, at: .seconds(180)) == "refresh with r2")
    }

    @Test("refreshed, of another serial or gone: dropped")
    func refreshedLate() throws {
        var state = Samples.granted()
        let serial = try #require(Samples.serial(&state, at: .seconds(60)))
        #expect(Samples.refreshed(&state, serial, Samples.tokens("t2"), at: .seconds(60)))
        #expect(!Samples.refreshed(&state, serial, Samples.tokens("late"), at: .seconds(60)))
        #expect(Samples.look(&state, at: .seconds(61)) == "t2")
        state.disconnect(Samples.caller())
        #expect(!Samples.refreshed(&state, serial + 1, Samples.tokens("late"), at: .seconds(60)))
        #expect(state.grantCount == 0)
    }

    @Test("could not refresh, of that serial: resting, longer each time; of another one: unchanged")
    func resting() throws {
        var state = Samples.granted()
        let error = BrokerError(.exchangeUnavailable, "no")
        let serial = try #require(Samples.serial(&state, at: .seconds(60)))
        let wait: (Int) -> Duration = { .seconds($0 * 10) }
        state.couldNotRefresh(Samples.caller(), serial + 1, error, remembering: wait, at: .seconds(60))
        #expect(Samples.look(&state, at: .seconds(60)) == "refresh with r")
        state.couldNotRefresh(Samples.caller(), serial, error, remembering: wait, at: .seconds(60))
        #expect(Samples.look(&state, at: .seconds(69)) == "resting ExchangeUnavailable")
        #expect(Samples.look(&state, at: .seconds(70)) == "refresh with r")
        state.couldNotRefresh(Samples.caller(), serial, error, remembering: wait, at: .seconds(70))
        #expect(Samples.look(&state, at: .seconds(89)) == "resting ExchangeUnavailable")
        #expect(Samples.look(&state, at: .seconds(90)) == "refresh with r")
    }

    @Test("retry, resting: stale")
    func retry() throws {
        var state = Samples.granted()
        let serial = try #require(Samples.serial(&state, at: .seconds(60)))
        let error = BrokerError(.exchangeUnavailable, "no")
        state.couldNotRefresh(Samples.caller(), serial, error, remembering: { _ in .seconds(30) }, at: .seconds(60))
        #expect(Samples.look(&state, at: .seconds(61)) == "resting ExchangeUnavailable")
        state.retry(Samples.caller(Samples.bob))
        #expect(Samples.look(&state, at: .seconds(61)) == "resting ExchangeUnavailable")
        state.retry(Samples.caller())
        #expect(Samples.look(&state, at: .seconds(61)) == "refresh with r")
    }

    @Test("ended, of that serial: gone; of another one: unchanged")
    func ended() throws {
        var state = Samples.granted()
        let serial = try #require(Samples.serial(&state, at: .seconds(60)))
        state.ended(Samples.caller(), serial + 1)
        #expect(state.grantCount == 1)
        state.ended(Samples.caller(), serial)
        #expect(state.grantCount == 0)
    }

    @Test("rejected, that token: refresh once; its successor too: resting for as long as that counts as fresh")
    func rejectedTwice() throws {
        var state = Samples.granted()
        #expect(Samples.rejected(&state, "t1", at: .seconds(1)) == "refresh")
        let serial = try #require(Samples.serial(&state, at: .seconds(1)))
        #expect(Samples.refreshed(&state, serial, Samples.tokens("t2"), at: .seconds(1)))
        // Somebody who was slow had the old one.
        #expect(Samples.rejected(&state, "t1", at: .seconds(2)) == "t2")
        #expect(Samples.rejected(&state, "t2", at: .seconds(2)) == "resting")
        #expect(Samples.rejected(&state, "t1", at: .seconds(3)) == "resting")
        let end = Duration.seconds(1) + ConnectionState.freshness
        #expect(Samples.look(&state, at: end - .seconds(1)) == "resting UpstreamRejectedToken")
        #expect(Samples.look(&state, at: end) == "refresh with r")
        let next = try #require(Samples.serial(&state, at: end))
        #expect(Samples.refreshed(&state, next, Samples.tokens("t3"), at: end))
        #expect(Samples.look(&state, at: end) == "t3")
        // It is the successor of a refused one as well.
        #expect(Samples.rejected(&state, "t3", at: end + .seconds(1)) == "resting")
        #expect(state.grantCount == 1)
    }

    @Test("rejected, the successor after a while: refresh again")
    func rejectedLater() throws {
        var state = Samples.granted()
        #expect(Samples.rejected(&state, "t1", at: .zero) == "refresh")
        let serial = try #require(Samples.serial(&state, at: .zero))
        #expect(Samples.refreshed(&state, serial, Samples.tokens("t2", lifetime: .seconds(600)), at: .zero))
        #expect(Samples.rejected(&state, "t2", at: ConnectionState.freshness) == "refresh")
    }

    @Test("rejected, without a refresh token: gone")
    func rejectedForGood() {
        var state = Samples.granted(refresh: nil)
        #expect(Samples.rejected(&state, "t1", at: .zero) == "ended")
        #expect(state.grantCount == 0)
    }

    @Test("discard, that token: stale, or gone without a refresh token; another one: unchanged")
    func discard() {
        var state = Samples.granted()
        state.discard(Samples.caller(), Samples.tokens("other").token, at: .zero)
        #expect(Samples.look(&state, at: .zero) == "t1")
        state.discard(Samples.caller(), Samples.tokens("t1").token, at: .zero)
        #expect(Samples.look(&state, at: .zero) == "refresh with r")
        var other = Samples.granted(refresh: nil)
        other.discard(Samples.caller(), Samples.tokens("t1").token, at: .zero)
        #expect(other.grantCount == 0)
    }

    @Test(
        "discard, the successor of a refused token: resting for as long as that counts as fresh",
        arguments: [true, false]
    )
    func discardTwice(isFirstDiscarded: Bool) throws {
        var state = Samples.granted()
        if isFirstDiscarded {
            state.discard(Samples.caller(), Samples.tokens("t1").token, at: .zero)
        } else {
            #expect(Samples.rejected(&state, "t1", at: .zero) == "refresh")
        }
        let serial = try #require(Samples.serial(&state, at: .zero))
        #expect(Samples.refreshed(&state, serial, Samples.tokens("t2"), at: .zero))
        state.discard(Samples.caller(), Samples.tokens("t2").token, at: .seconds(1))
        #expect(Samples.look(&state, at: ConnectionState.freshness - .seconds(1)) == "resting UpstreamRejectedToken")
        #expect(Samples.look(&state, at: ConnectionState.freshness) == "refresh with r")
    }
}
