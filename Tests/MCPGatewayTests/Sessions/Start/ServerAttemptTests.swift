// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MCPGateway

/// One test for each row of the table of `ServerAttempt`.
@Suite("Server attempt")
struct ServerAttemptTests {
    private let failure = AttemptFailure(reason: "R", message: "m")

    @Test("none, the session starts: connecting")
    func start() { #expect(ServerAttempt.starting(nil) == .connecting(failures: 0)) }

    @Test("connecting, a failure that may pass: failed, and again after 1 s, doubling to 60 s, eight times")
    func transient() {
        var state = ServerAttempt.starting(nil)
        var pauses: [Duration?] = []
        for _ in 0..<9 {
            let (next, pause) = state.failed(failure, isTransient: true, asked: nil)
            pauses.append(pause)
            state = .starting(next)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60].map(Duration.seconds) + [nil, nil])
    }

    @Test("connecting, any other failure: failed for good")
    func permanent() {
        let (state, pause) = ServerAttempt.starting(nil).failed(failure, isTransient: false, asked: .seconds(3))
        #expect(state == .failed(failure, failures: 1) && pause == nil)
    }

    @Test("A server that asks for time gets it")
    func asked() {
        let (_, pause) = ServerAttempt.starting(nil).failed(failure, isTransient: true, asked: .seconds(100))
        #expect(pause == .seconds(100))
    }

    @Test("failed, its time has come: connecting, and nothing is forgotten")
    func again() {
        #expect(ServerAttempt.starting(.failed(failure, failures: 3)) == .connecting(failures: 3))
    }
}
