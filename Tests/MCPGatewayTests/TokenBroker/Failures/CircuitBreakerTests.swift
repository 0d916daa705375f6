// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MCPGateway

/// One test for each row of the table of `CircuitBreaker`.
@Suite("Circuit breaker")
struct CircuitBreakerTests {
    private func permit(_ breaker: inout CircuitBreaker, at now: Duration) throws -> CircuitBreaker.Permit {
        guard case .pass(let permit) = breaker.admit(at: now) else { throw Refused() }
        return permit
    }

    private struct Refused: Error {}

    /// One that has failed once, at zero.
    private func opened() throws -> CircuitBreaker {
        var breaker = CircuitBreaker()
        let permit = try permit(&breaker, at: .zero)
        #expect(breaker.failed(permit, asked: nil, at: .zero, jitter: 0) == .seconds(1))
        return breaker
    }

    @Test("closed, a request, a success, one that was given up: closed")
    func closed() throws {
        var breaker = CircuitBreaker()
        let first = try permit(&breaker, at: .zero)
        let second = try permit(&breaker, at: .zero)
        breaker.succeeded(first)
        breaker.gaveUp(second, at: .zero)
        #expect(breaker.isPristine && breaker.openUntil == nil)
    }

    @Test("closed, a failure: open for as long as was asked, or 1 s doubling to 30 s, a quarter less with jitter")
    func pauses() throws {
        for (asked, expected) in [(7.0, 7.0), (86_400, 300), (-3, 0)] {
            var breaker = CircuitBreaker()
            let permit = try permit(&breaker, at: .zero)
            #expect(breaker.failed(permit, asked: .seconds(asked), at: .zero, jitter: 1) == .seconds(expected))
        }
        for (jitter, factor) in [(0.0, 1.0), (1, 0.75), (9, 0.75), (-1, 1)] {
            var breaker = CircuitBreaker()
            var now = Duration.zero
            for seconds in [1.0, 2, 4, 8, 16, 30, 30] {
                let permit = try permit(&breaker, at: now)
                let pause = breaker.failed(permit, asked: nil, at: now, jitter: jitter)
                #expect(pause == .seconds(seconds * factor))
                now += pause
            }
        }
    }

    @Test("open or half-open: out of order until a minute after the last that was heard of it")
    func openUntil() throws {
        var breaker = try opened()
        #expect(breaker.openUntil == .seconds(1) + CircuitBreaker.patience)
        let probe = try permit(&breaker, at: .seconds(5))
        #expect(breaker.openUntil == .seconds(5) + CircuitBreaker.patience)
        breaker.succeeded(probe)
        #expect(breaker.openUntil == nil)
    }

    @Test("open, a request before the end: refused, with what is left")
    func refused() throws {
        var breaker = try opened()
        #expect(breaker.admit(at: .milliseconds(400)) == .refuse(.milliseconds(600)))
        #expect(breaker.refusal(at: .milliseconds(999)) == .milliseconds(1))
        #expect(breaker.refusal(at: .seconds(1)) == nil)
    }

    @Test("open, a request after the end: it is the probe; half-open, a request: refused")
    func probe() throws {
        var breaker = try opened()
        _ = try permit(&breaker, at: .seconds(1))
        for _ in 0..<3 { #expect(breaker.admit(at: .seconds(1)) == .refuse(.seconds(1))) }
        #expect(breaker.openUntil != nil)
    }

    @Test("half-open, the probe succeeds: closed, and doubling starts over")
    func recovered() throws {
        var breaker = try opened()
        breaker.succeeded(try permit(&breaker, at: .seconds(1)))
        #expect(breaker.isPristine)
        let permit = try permit(&breaker, at: .seconds(1))
        #expect(breaker.failed(permit, asked: nil, at: .seconds(1), jitter: 0) == .seconds(1))
    }

    @Test("half-open, the probe fails: open for longer")
    func failedAgain() throws {
        var breaker = try opened()
        let probe = try permit(&breaker, at: .seconds(1))
        #expect(breaker.failed(probe, asked: nil, at: .seconds(1), jitter: 0) == .seconds(2))
        #expect(breaker.admit(at: .milliseconds(2_999)) == .refuse(.milliseconds(1)))
    }

    @Test("half-open, the probe is given up, or not heard of for a minute: the next request is the probe")
    func lostProbe() throws {
        var breaker = try opened()
        let probe = try permit(&breaker, at: .seconds(1))
        breaker.gaveUp(probe, at: .seconds(2))
        _ = try permit(&breaker, at: .seconds(2))
        #expect(breaker.refusal(at: .seconds(61)) != nil)
        _ = try permit(&breaker, at: .seconds(62))
    }

    @Test("any, the end of a request from before the last change: the same")
    func stale() throws {
        var breaker = CircuitBreaker()
        let early = try (0..<3).map { _ in try permit(&breaker, at: .zero) }
        _ = breaker.failed(early[0], asked: nil, at: .zero, jitter: 0)
        #expect(breaker.failed(early[1], asked: nil, at: .milliseconds(100), jitter: 0) == .milliseconds(900))
        breaker.succeeded(early[2])
        breaker.gaveUp(early[2], at: .milliseconds(100))
        #expect(breaker.admit(at: .milliseconds(900)) == .refuse(.milliseconds(100)))
    }

    @Test("Doubling starts over after a minute in which nobody asked")
    func forgotten() throws {
        for (asked, expected) in [(60.0, 2.0), (61, 1)] {
            var breaker = try opened()
            let permit = try permit(&breaker, at: .seconds(asked))
            #expect(breaker.failed(permit, asked: nil, at: .seconds(asked), jitter: 0) == .seconds(expected))
        }
    }

    @Test("A breaker that has closed remembers that permits from before its failure are old")
    func reopened() {
        var breakers = CircuitBreakers(limit: 10)
        func permits(at now: Duration) -> CircuitBreakers.Permits {
            guard case .pass(let permits) = breakers.admit(["idp"], at: now) else { return [:] }
            return permits
        }
        let early = permits(at: .zero)
        _ = breakers.failed("idp", permits(at: .zero), asked: nil, at: .zero, jitter: 0)
        breakers.succeeded("idp", permits(at: .seconds(1)))
        #expect(breakers.openUntil("idp") == nil)
        _ = breakers.failed("idp", early, asked: nil, at: .seconds(2), jitter: 0)
        #expect(breakers.openUntil("idp") == nil)
    }

    @Test("An exchange goes out to all its endpoints or to none, and a breaker without a past is not kept")
    func several() {
        var breakers = CircuitBreakers(limit: 10)
        guard case .pass(let permits) = breakers.admit(["idp", "as"], at: .zero) else {
            Issue.record("It is refused")
            return
        }
        breakers.succeeded("idp", permits)
        #expect(breakers.failed("as", permits, asked: nil, at: .zero, jitter: 0) == .seconds(1))
        #expect(breakers.failed("other", permits, asked: nil, at: .zero, jitter: 0) == nil)
        #expect(breakers.openUntil("as") != nil && breakers.openUntil("idp") == nil)
        guard case .refuse("as", .seconds(1)) = breakers.admit(["idp", "as"], at: .zero) else {
            Issue.record("It goes out")
            return
        }
        #expect(breakers.refusal(["idp"], at: .zero) == nil)
    }
}
