// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import TestSupport
import Testing

@testable import ControllerRuntime

/// A replica in some phase, something that happens, and what it does then: one row of the table of transitions.
struct ElectionTransition: Sendable, CustomTestStringConvertible {
    typealias State = LeaderElectionState
    let testDescription: String
    let state: @Sendable () -> State
    let event: @Sendable (inout State) -> LeaderElectionAction
    let expected: @Sendable (LeaderElectionAction) -> Bool
    /// Until when it leads after that.
    let leadsUntil: Duration?

    init(
        _ row: String,
        from state: @escaping @Sendable () -> State,
        _ event: @escaping @Sendable (inout State) -> LeaderElectionAction,
        leadsUntil: Duration? = nil,
        expect expected: @escaping @Sendable (LeaderElectionAction) -> Bool
    ) {
        testDescription = row
        self.state = state
        self.event = event
        self.expected = expected
        self.leadsUntil = leadsUntil
    }

    init(
        _ row: String,
        from state: @escaping @Sendable () -> State,
        _ event: @escaping @Sendable (inout State) -> LeaderElectionAction,
        leadsUntil: Duration? = nil,
        gives action: LeaderElectionAction
    ) {
        self.init(row, from: state, event, leadsUntil: leadsUntil) { $0 == action }
    }
}

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

    // MARK: The table

    static let rows: [Row] = [
        Row("standby: start", from: standby, { $0.start(at: .zero) }, gives: .read),
        Row("standby: the wait is over", from: watchful, { $0.elapsed(at: .milliseconds(4_400)) }, gives: .read),
        Row(
            "standby: the wait is not over",
            from: watchful,
            { $0.elapsed(at: .milliseconds(1_999)) },
            expect: waits(.seconds(2)...(.milliseconds(4_400)))
        ),
        Row("standby: there is no Lease", from: standby, { $0.found(nil, at: .zero) }, gives: .create),
        Row(
            "standby: it was deleted, and its holder may lead",
            from: watchful,
            { $0.observed(nil, at: .seconds(14)) },
            gives: .wait(until: .seconds(15))
        ),
        Row("standby: it was deleted long ago", from: watchful, { $0.found(nil, at: .seconds(15)) }, gives: .create),
        Row("standby: nobody holds it", from: watchful, { $0.found(free, at: .zero) }, gives: .claim(free)),
        Row(
            "standby: it is free, says the watch",
            from: watchful,
            { $0.observed(free, at: .zero) },
            gives: .claim(free)
        ),
        Row(
            "standby: it is ours, an answer was lost",
            from: standby,
            { $0.found(mine, at: .zero) },
            gives: .claim(mine)
        ),
        Row(
            "standby: it has changed",
            from: watchful,
            { $0.found(lease("b", version: 8, renewal: 1), at: .seconds(14)) },
            expect: waits(.seconds(16)...(.milliseconds(18_400)))
        ),
        Row(
            "standby: it has not changed for less than its duration",
            from: watchful,
            { $0.found(lease("b", version: 8), at: .milliseconds(14_999)) },
            gives: .wait(until: .seconds(15))
        ),
        Row(
            "standby: it has not changed for its duration",
            from: watchful,
            { $0.found(lease("b", version: 8), at: .seconds(15)) },
            gives: .claim(lease("b", version: 8))
        ),
        Row(
            "standby: the watch is behind",
            from: watchful,
            { $0.observed(lease("", version: 6), at: .seconds(1)) },
            expect: waits(.seconds(2)...(.milliseconds(4_400)))
        ),
        Row(
            "standby: the write worked in time",
            from: watchful,
            { $0.written(mine, sentAt: .seconds(15), at: .seconds(16)) },
            leadsUntil: .seconds(25),
            gives: .wait(until: .seconds(17))
        ),
        Row(
            "standby: the write worked, too late",
            from: watchful,
            { $0.written(mine, sentAt: .seconds(15), at: .seconds(25)) },
            gives: .read
        ),
        Row(
            "standby: somebody was faster",
            from: watchful,
            { $0.failed(error(.conflict), sentAt: .seconds(15), at: .seconds(15)) },
            expect: waits(.seconds(17)...(.milliseconds(19_400)))
        ),
        Row(
            "standby: a request failed after the record had expired",
            from: watchful,
            { $0.failed(error(.forbidden), sentAt: .seconds(20), at: .seconds(20)) },
            expect: waits(.seconds(22)...(.milliseconds(24_400)))
        ),
        Row(
            "standby: the server asks for more time than is good",
            from: watchful,
            { $0.failed(error(.tooManyRequests, retryAfter: .seconds(90)), sentAt: .zero, at: .zero) },
            gives: .wait(until: .seconds(15))
        ),
        Row("standby: stop", from: watchful, { $0.stop(at: .seconds(1)) }, gives: .end(.stopped)),
        Row(
            "leading: not yet time to renew",
            from: leading,
            { $0.elapsed(at: .seconds(1)) },
            leadsUntil: .seconds(10),
            gives: .wait(until: .seconds(2))
        ),
        Row(
            "leading: time to renew",
            from: leading,
            { $0.elapsed(at: .seconds(2)) },
            leadsUntil: .seconds(10),
            gives: .renew(mine)
        ),
        Row(
            "leading: renewed",
            from: leading,
            { $0.written(lease("a", version: 11), sentAt: .seconds(2), at: .seconds(5)) },
            leadsUntil: .seconds(12),
            gives: .wait(until: .seconds(4))
        ),
        Row(
            "leading: another version is stored",
            from: leading,
            { $0.failed(error(.conflict), sentAt: .seconds(2), at: .seconds(2)) },
            leadsUntil: .seconds(10),
            gives: .read
        ),
        Row(
            "leading: another version again",
            from: struggling,
            { $0.failed(error(.conflict), sentAt: .seconds(4), at: .seconds(4)) },
            leadsUntil: .seconds(10),
            gives: .wait(until: .seconds(6))
        ),
        Row(
            "leading: a request failed",
            from: leading,
            { $0.failed(error(.transport), sentAt: .seconds(2), at: .seconds(3)) },
            leadsUntil: .seconds(10),
            gives: .wait(until: .seconds(4))
        ),
        Row(
            "leading: a request took long and failed",
            from: leading,
            { $0.failed(error(.transport), sentAt: .seconds(2), at: .seconds(7)) },
            leadsUntil: .seconds(10),
            gives: .wait(until: .seconds(7))
        ),
        Row(
            "leading: after a failure",
            from: struggling,
            { $0.elapsed(at: .seconds(4)) },
            leadsUntil: .seconds(10),
            gives: .read
        ),
        Row(
            "leading: it is ours",
            from: struggling,
            { $0.found(mine, at: .seconds(4)) },
            leadsUntil: .seconds(10),
            gives: .renew(mine)
        ),
        Row(
            "leading: somebody took our name off",
            from: struggling,
            { $0.found(free, at: .seconds(4)) },
            leadsUntil: .seconds(10),
            gives: .claim(free)
        ),
        Row(
            "leading: somebody deleted it",
            from: struggling,
            { $0.found(nil, at: .seconds(4)) },
            leadsUntil: .seconds(10),
            gives: .create
        ),
        Row("leading: it is another's", from: struggling, { $0.found(other, at: .seconds(4)) }, expect: isLost(.taken)),
        Row("leading: overdue", from: leading, { $0.elapsed(at: .seconds(10)) }, expect: isLost(.overdue)),
        Row(
            "leading: found ours too late",
            from: leading,
            { $0.found(mine, at: .seconds(11)) },
            expect: isLost(.overdue)
        ),
        Row(
            "leading: renewed too late",
            from: leading,
            { $0.written(mine, sentAt: .seconds(2), at: .seconds(20)) },
            expect: isLost(.overdue)
        ),
        Row(
            "leading: failed too late",
            from: leading,
            { $0.failed(error(.transport), sentAt: .seconds(5), at: .seconds(10)) },
            expect: isLost(.overdue)
        ),
        Row(
            "leading: work ended too late",
            from: leading,
            { $0.workEnded(at: .seconds(30)) },
            expect: isLost(.overdue)
        ),
        Row("leading: work ended", from: leading, { $0.workEnded(at: .seconds(1)) }, gives: .release(mine)),
        Row(
            "releasing: released",
            from: releasing,
            { $0.written(free, sentAt: .seconds(1), at: .seconds(1)) },
            gives: .end(.released)
        ),
        Row(
            "releasing: it is another's",
            from: releasing,
            { $0.found(other, at: .seconds(2)) },
            gives: .end(.released)
        ),
        Row("releasing: there is none", from: releasing, { $0.found(nil, at: .seconds(2)) }, gives: .end(.released)),
        Row("releasing: it is ours", from: releasing, { $0.found(mine, at: .seconds(2)) }, gives: .release(mine)),
        Row(
            "releasing: another version is stored",
            from: releasing,
            { $0.failed(error(.conflict), sentAt: .seconds(1), at: .seconds(1)) },
            gives: .read
        ),
        Row(
            "releasing: a request failed",
            from: releasing,
            { $0.failed(error(.transport), sentAt: .seconds(1), at: .seconds(2)) },
            gives: .wait(until: .seconds(3))
        ),
        Row("releasing: out of time", from: releasing, { $0.elapsed(at: .seconds(11)) }, gives: .end(.unreleased)),
    ]

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

@Suite("Leader election's durations")
struct LeaderElectionTimingTests {
    @Test("The standard durations pass their own check")
    func standard() throws {
        let timing = try LeaderElectionTiming(
            leaseDuration: .seconds(15),
            renewDeadline: .seconds(10),
            retryPeriod: .seconds(2)
        )
        #expect(timing == .standard)
    }

    @Test(
        "Durations under which two might lead are refused",
        arguments: [
            (Duration.seconds(10), Duration.seconds(10), Duration.seconds(2)), (.seconds(15), .seconds(2), .seconds(2)),
            (.seconds(15), .milliseconds(2_400), .seconds(2)), (.seconds(15), .seconds(10), .milliseconds(900)),
            (.milliseconds(15_500), .seconds(10), .seconds(2)), (.seconds(1 << 33), .seconds(10), .seconds(2)),
        ]
    )
    func refused(lease: Duration, renewal: Duration, retry: Duration) {
        #expect(throws: LeaderElectionTimingError.self) {
            try LeaderElectionTiming(leaseDuration: lease, renewDeadline: renewal, retryPeriod: retry)
        }
    }

    @Test("Two containers of one pod have different identities")
    func identity() {
        var generator = SeededGenerator(seed: 1)
        let first = LeaderElector.identity(podName: "operator-0", using: &generator)
        let second = LeaderElector.identity(podName: "operator-0", using: &generator)
        #expect(first != second)
        #expect(first.hasPrefix("operator-0_") && first.count == "operator-0_".count + 16)
    }
}
