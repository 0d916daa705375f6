// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RouteService

@Suite("Stream state")
struct StreamStateTests {
    private static func state(expiry: Duration? = nil) -> StreamState {
        StreamState(expiry: expiry, stall: .seconds(60), grace: .seconds(2))
    }

    @Test("A stream that writes nothing is never stalled")
    func idle() {
        var state = Self.state()
        #expect(state.check(at: .seconds(0)) == .wait(until: .seconds(60)))
        #expect(state.check(at: .seconds(1_000)) == .wait(until: .seconds(1_060)))
        #expect(state.end == nil)
    }

    @Test("A write that takes as long as the limit is cut")
    func stalled() {
        var state = Self.state()
        state.beginWriting(at: .seconds(10))
        #expect(state.check(at: .seconds(60)) == .wait(until: .seconds(70)))
        #expect(state.check(at: .seconds(70)) == .cut)
        #expect(state.end == .stalled)
    }

    @Test("Each write has its own time")
    func progress() {
        var state = Self.state()
        state.beginWriting(at: .seconds(0))
        state.endWriting()
        state.beginWriting(at: .seconds(59))
        #expect(state.check(at: .seconds(60)) == .wait(until: .seconds(119)))
    }

    @Test("An expired token ends the stream, and cuts it when grace is over")
    func expired() {
        var state = Self.state(expiry: .seconds(30))
        #expect(state.check(at: .seconds(0)) == .wait(until: .seconds(30)))
        #expect(state.end == nil)
        #expect(state.check(at: .seconds(30)) == .wait(until: .seconds(32)))
        #expect(state.end == .expired)
        #expect(state.check(at: .seconds(32)) == .cut)
    }

    @Test("The first reason for an end stays")
    func firstReason() {
        var state = Self.state(expiry: .seconds(30))
        state.end(.shutdown, at: .seconds(1))
        state.end(.disconnected, at: .seconds(2))
        #expect(state.check(at: .seconds(30)) == .cut)
        #expect(state.end == .shutdown)
    }
}
