// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import KubernetesAPI
import Testing

@Suite("Retry policy")
struct RetryPolicyTests {
    @Test("T57: A server that says when to come back is asked ten times more, whatever the request")
    func requestedRetries() {
        var generator = SystemRandomNumberGenerator()
        for repetition in [APIRequest.Repetition.harmless, .idempotent, .unsafe] {
            var policy = RetryPolicy(repetition)
            for _ in 1...10 {
                let failure = RetryPolicy.Failure.response(status: 500, retryAfter: .zero)
                #expect(policy.decide(after: failure, using: &generator) == .retry(after: .zero))
            }
            #expect(policy.decide(after: .response(status: 500, retryAfter: .zero), using: &generator) == .giveUp)
        }
    }

    @Test("T24: A wait that the server asks for is kept, up to a minute in all")
    func waits() {
        var generator = SystemRandomNumberGenerator()
        var policy = RetryPolicy(.unsafe)
        let failure = RetryPolicy.Failure.response(status: 429, retryAfter: .seconds(25))
        #expect(policy.decide(after: failure, using: &generator) == .retry(after: .seconds(25)))
        #expect(policy.decide(after: failure, using: &generator) == .retry(after: .seconds(25)))
        #expect(policy.decide(after: failure, using: &generator) == .giveUp)
    }

    @Test("A request that changes nothing twice is tried three times more, ever later", arguments: [503, 504])
    func ownRetries(status: Int) {
        var generator = SystemRandomNumberGenerator()
        for repetition in [APIRequest.Repetition.harmless, .idempotent] {
            var policy = RetryPolicy(repetition)
            for ceiling in [500, 1_000, 2_000] {
                let decision = policy.decide(after: .response(status: status, retryAfter: nil), using: &generator)
                guard case .retry(let delay) = decision else {
                    Issue.record("gave up")
                    return
                }
                #expect((.milliseconds(100)...Duration.milliseconds(ceiling)).contains(delay))
            }
            #expect(policy.decide(after: .response(status: status, retryAfter: nil), using: &generator) == .giveUp)
        }
    }

    @Test("T56: A lost connection is tried again for reads and applies")
    func lostConnection() {
        var generator = SystemRandomNumberGenerator()
        for repetition in [APIRequest.Repetition.harmless, .idempotent] {
            var policy = RetryPolicy(repetition)
            #expect(policy.decide(after: .transport(.connectionLost), using: &generator) != .giveUp)
        }
    }

    @Test("T55: A lost connection is not tried again where that could repeat a change")
    func lostConnectionOfAWrite() {
        var generator = SystemRandomNumberGenerator()
        var policy = RetryPolicy(.unsafe)
        #expect(policy.decide(after: .transport(.connectionLost), using: &generator) == .giveUp)
        #expect(policy.decide(after: .response(status: 503, retryAfter: nil), using: &generator) == .giveUp)
    }

    @Test(
        "Nothing else is tried again",
        arguments: [
            RetryPolicy.Failure.response(status: 500, retryAfter: nil), .response(status: 404, retryAfter: .zero),
            .response(status: 409, retryAfter: nil), .transport(.timedOut), .transport(.connectionFailed),
            .transport(.tls), .transport(.bodyTooLarge),
        ]
    )
    func finalFailures(failure: RetryPolicy.Failure) {
        var generator = SystemRandomNumberGenerator()
        var policy = RetryPolicy(.harmless)
        #expect(policy.decide(after: failure, using: &generator) == .giveUp)
    }
}
