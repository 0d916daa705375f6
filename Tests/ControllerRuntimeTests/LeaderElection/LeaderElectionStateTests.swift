// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Leader election")
struct LeaderElectionStateTests {
    typealias State = LeaderElectionState
    typealias Row = ElectionTransition

    // MARK: Values

    static let key = ObjectKey(namespace: "system", name: "operator")

    static func lease(_ holder: String, version: Int, renewal: Int = 0, seconds: Int64 = 15) -> Lease {
        let json: JSONValue = [
            "metadata": ["name": "operator", "namespace": "system", "resourceVersion": .string("\(version)")],
            "spec": [
                "holderIdentity": .string(holder), "leaseDurationSeconds": .integer(seconds),
                "renewTime": .string("renewal \(renewal)"), "leaseTransitions": 3,
            ],
        ]
        do throws(JSONDecodingError) {
            return try Lease(json: json)
        } catch {
            fatalError("The tests' own Lease cannot be read: \(error)")
        }
    }

    static let other = lease("b", version: 7)
    static let mine = lease("a", version: 10)
    static let free = lease("", version: 9)

    static func error(_ code: APIError.Code, retryAfter: Duration? = nil) -> APIError {
        APIError(code, "It failed.", retryAfter: retryAfter)
    }

    static func isLost(_ code: LeadershipLostError.Code) -> @Sendable (LeaderElectionAction) -> Bool {
        { action in
            guard case .end(.lost(let error)) = action else { return false }
            return error.code == code
        }
    }

    static func waits(_ range: ClosedRange<Duration>) -> @Sendable (LeaderElectionAction) -> Bool {
        { action in
            guard case .wait(let until) = action else { return false }
            return range.contains(until)
        }
    }

    // MARK: Phases

    static func standby() -> State {
        var state = State(identity: "a", timing: .standard, generator: SeededGenerator(seed: 3))
        _ = state.start(at: .zero)
        return state
    }

    /// A standby that saw another's Lease at 0 s.
    static func watchful() -> State {
        var state = standby()
        _ = state.found(other, at: .zero)
        return state
    }

    /// A leader whose last renewal was sent at 0 s.
    static func leading() -> State {
        var state = standby()
        _ = state.written(mine, sentAt: .zero, at: .zero)
        return state
    }

    /// A leader whose renewal at 2 s failed.
    static func struggling() -> State {
        var state = leading()
        _ = state.failed(error(.transport), sentAt: .seconds(2), at: .seconds(2))
        return state
    }

    /// One whose work ended at 1 s.
    static func releasing() -> State {
        var state = leading()
        _ = state.workEnded(at: .seconds(1))
        return state
    }

    // MARK: Tests

    @Test("Each transition is that of the table", arguments: rows)
    func transition(_ row: Row) {
        var state = row.state()
        let action = row.event(&state)
        #expect(row.expected(action), "\(action)")
        #expect(state.leadsUntil == row.leadsUntil)
    }

    @Test("What has ended stays ended, whatever still arrives")
    func end() {
        var state = Self.leading()
        let lost = state.elapsed(at: .seconds(10))
        #expect(state.written(Self.mine, sentAt: .seconds(9), at: .seconds(10)) == lost)
        #expect(state.found(Self.mine, at: .seconds(11)) == lost)
        #expect(state.failed(Self.error(.transport), sentAt: .seconds(9), at: .seconds(11)) == lost)
        #expect(state.leadsUntil == nil)
    }

    @Test("A request gets half the renew deadline, and a leader's no more than is left of it")
    func patience() {
        #expect(Self.standby().patience(at: .zero) == .seconds(5))
        #expect(Self.leading().patience(at: .seconds(2)) == .seconds(5))
        #expect(Self.leading().patience(at: .seconds(8)) == .seconds(2))
        #expect(Self.leading().patience(at: .seconds(12)) == .zero)
    }

    @Test("A record without a duration that makes sense gets our own", arguments: [0, -1, Int64.max])
    func nonsense(seconds: Int64) {
        var state = Self.standby()
        let record = Self.lease("b", version: 7, seconds: seconds)
        _ = state.found(record, at: .zero)
        #expect(state.found(record, at: .milliseconds(14_999)) == .wait(until: .seconds(15)))
        #expect(state.found(record, at: .seconds(15)) == .claim(record))
    }

    @Test("A leader reads the Lease before it renews only after a failure, and counts that")
    func slowPath() {
        var state = Self.leading()
        _ = state.elapsed(at: .seconds(2))
        _ = state.written(Self.mine, sentAt: .seconds(2), at: .seconds(2))
        #expect(state.slowPaths == 0)
        _ = state.failed(Self.error(.conflict), sentAt: .seconds(4), at: .seconds(4))
        #expect(state.slowPaths == 1)
    }
}
