// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Reflector state machine")
struct ReflectorStateMachineTests {
    typealias Machine = ReflectorStateMachine

    static func machine() -> Machine { Machine(generator: SeededGenerator(seed: 7)) }

    /// A machine that watches after a first list at `version`.
    static func watching(at version: String = "100") -> Machine {
        var machine = machine()
        _ = machine.start()
        _ = machine.pageArrived(version: ResourceVersion(version), continueToken: nil)
        _ = machine.published()
        return machine
    }

    static let firstList = ReflectorAction.list(ListOptions(limit: 500))

    static func relist(at version: String) -> ReflectorAction {
        .list(ListOptions(resourceVersion: ResourceVersion(version), notOlderThan: true))
    }

    static func error(_ code: APIError.Code, status: Int = 0, retryAfter: Duration? = nil) -> APIError {
        APIError(code, "Could not do it.", status: status, retryAfter: retryAfter)
    }

    static func failure(_ code: APIError.Code, status: Int = 0, retryAfter: Duration? = nil) -> WatchEnd {
        .failed(error(code, status: status, retryAfter: retryAfter))
    }

    @Test("The first list asks for the most recent state in pages of 500")
    func firstList() {
        var machine = Self.machine()
        #expect(machine.start() == Self.firstList)
    }

    @Test("T01: pages carry limit and token alone, and the list has the version of page one")
    func pages() {
        var machine = Self.machine()
        _ = machine.start()
        let second = machine.pageArrived(version: ResourceVersion("10"), continueToken: "a")
        #expect(second == .list(ListOptions(limit: 500, continueToken: "a")))
        let third = machine.pageArrived(version: ResourceVersion("11"), continueToken: "b")
        #expect(third == .list(ListOptions(limit: 500, continueToken: "b")))
        #expect(
            machine.pageArrived(version: ResourceVersion("12"), continueToken: nil) == .publish(ResourceVersion("10"))
        )
    }

    @Test("T03: a 410 on page two asks for the whole list and leaves the offered token alone")
    func expiredToken() {
        var machine = Self.machine()
        _ = machine.start()
        _ = machine.pageArrived(version: ResourceVersion("10"), continueToken: "a")
        #expect(machine.listFailed(Self.error(.expired, status: 410)) == .list(ListOptions()))
        #expect(
            machine.pageArrived(version: ResourceVersion("12"), continueToken: nil) == .publish(ResourceVersion("12"))
        )
    }

    @Test("A 410 on the whole list pauses before it starts again with page one")
    func expiredWholeList() {
        var machine = Self.machine()
        _ = machine.start()
        _ = machine.pageArrived(version: ResourceVersion("10"), continueToken: "a")
        _ = machine.listFailed(Self.error(.expired, status: 410))
        expectPause(
            machine.listFailed(Self.error(.expired, status: 410)),
            in: .milliseconds(800)...(.milliseconds(1_600))
        )
        #expect(machine.slept() == Self.firstList)
    }

    @Test("T04: a 410 on a list at a known version asks at once for the most recent state")
    func expiredVersion() {
        var machine = Self.watching(at: "100")
        #expect(machine.watchEnded(Self.failure(.expired, status: 410), lasted: .seconds(5)) == Self.relist(at: "100"))
        #expect(machine.listFailed(Self.error(.expired, status: 410)) == Self.firstList)
        // Once that has worked, the next relist may use the version again.
        _ = machine.pageArrived(version: ResourceVersion("200"), continueToken: nil)
        _ = machine.published()
        machine.changeReceived(ResourceVersion("201"))
        #expect(machine.watchEnded(Self.failure(.expired), lasted: .seconds(5)) == Self.relist(at: "201"))
    }

    @Test("T05: a list at a version the server has not reached waits as asked, tries again, then drops the version")
    func versionTooLarge() {
        var machine = Self.watching(at: "100")
        _ = machine.watchEnded(Self.failure(.expired), lasted: .seconds(5))
        let error = Self.error(.resourceVersionTooLarge, status: 504, retryAfter: .seconds(1))
        for _ in 1...3 {
            #expect(machine.listFailed(error) == .sleep(.seconds(1), because: error))
            #expect(machine.slept() == Self.relist(at: "100"))
        }
        #expect(machine.listFailed(error) == Self.firstList)
    }

    @Test("A watch at a version the server has not reached waits three times, then lists")
    func watchVersionTooLarge() {
        var machine = Self.watching(at: "100")
        let error = Self.error(.resourceVersionTooLarge, status: 504, retryAfter: .seconds(1))
        for _ in 1...3 {
            #expect(machine.watchEnded(.failed(error), lasted: .seconds(3)) == .sleep(.seconds(1), because: error))
            expectWatch(machine.slept(), from: "100")
        }
        #expect(machine.watchEnded(.failed(error), lasted: .seconds(3)) == Self.firstList)
    }

    @Test("A list without a version is a failure with backoff")
    func missingVersion() {
        var machine = Self.machine()
        _ = machine.start()
        let action = machine.pageArrived(version: ResourceVersion(""), continueToken: nil)
        expectPause(action, in: .milliseconds(800)...(.milliseconds(1_600)))
        #expect(machine.slept() == Self.firstList)
    }

    @Test(
        "A list that cannot be had is tried for ever, with pauses up to a minute",
        arguments: [
            APIError.Code.unauthorized, .forbidden, .notFound, .transport, .serviceUnavailable, .unexpectedResponse,
        ]
    )
    func listFailures(code: APIError.Code) {
        var machine = Self.machine()
        _ = machine.start()
        for attempt in 0..<40 {
            let base = min(Duration.milliseconds(800) * Int(1 << min(attempt, 10)), .seconds(30))
            expectPause(machine.listFailed(Self.error(code)), in: base...(base * 2))
            #expect(machine.slept() == Self.firstList)
        }
    }

    @Test("T11: a bookmark moves the version that the next watch starts from")
    func bookmark() {
        var machine = Self.watching(at: "100")
        machine.bookmarkReceived(ResourceVersion("150"))
        expectWatch(machine.watchEnded(.closed, lasted: .seconds(5)), from: "150")
    }

    @Test("T12: a watch that the server closes is opened again at once, from the same version")
    func cleanEnd() {
        var machine = Self.watching(at: "100")
        expectWatch(machine.watchEnded(.closed, lasted: .seconds(400)), from: "100")
    }

    @Test("T13: very short watches back off, doubling from 0.8 s to a minute at most")
    func veryShortWatches() {
        var machine = Self.watching(at: "100")
        for base in [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30] {
            let action = machine.watchEnded(.closed, lasted: .milliseconds(10))
            expectPause(action, in: .seconds(base)...(.seconds(base * 2)))
            expectWatch(machine.slept(), from: "100")
        }
    }

    @Test("A short watch with an event is no failure and ends the backoff")
    func shortWatchWithEvent() {
        var machine = Self.watching(at: "100")
        for _ in 1...3 {
            _ = machine.watchEnded(.closed, lasted: .milliseconds(10))
            _ = machine.slept()
        }
        machine.changeReceived(ResourceVersion("101"))
        expectWatch(machine.watchEnded(.closed, lasted: .milliseconds(10)), from: "101")
        let action = machine.watchEnded(.closed, lasted: .milliseconds(10))
        expectPause(action, in: .milliseconds(800)...(.milliseconds(1_600)))
    }

    @Test("T20, T21: a 410 on a watch, as event or as status, lists at the last version at once")
    func expiredWatch() {
        var machine = Self.watching(at: "100")
        machine.changeReceived(ResourceVersion("120"))
        #expect(machine.watchEnded(Self.failure(.expired, status: 410), lasted: .seconds(9)) == Self.relist(at: "120"))
    }

    @Test("A second 410 without progress pauses and asks for the most recent state")
    func expiredAgain() {
        var machine = Self.watching(at: "100")
        _ = machine.watchEnded(Self.failure(.expired), lasted: .zero)
        _ = machine.pageArrived(version: ResourceVersion("100"), continueToken: nil)
        _ = machine.published()
        let action = machine.watchEnded(Self.failure(.expired), lasted: .zero)
        expectPause(action, in: .milliseconds(800)...(.milliseconds(1_600)))
        #expect(machine.slept() == Self.firstList)
    }

    @Test("T22: an internal error watches again from the same version, and lists after three")
    func internalErrors() {
        var machine = Self.watching(at: "100")
        for _ in 1...2 {
            expectPause(machine.watchEnded(Self.failure(.internalError, status: 500), lasted: .zero))
            expectWatch(machine.slept(), from: "100")
        }
        expectPause(machine.watchEnded(Self.failure(.internalError, status: 500), lasted: .zero))
        #expect(machine.slept() == Self.relist(at: "100"))
    }

    @Test("T23, T24: a 429 waits as long as it says, and does not list")
    func tooManyRequests() {
        var machine = Self.watching(at: "100")
        let end = Self.failure(.tooManyRequests, status: 429, retryAfter: .seconds(7))
        expectPause(machine.watchEnded(end, lasted: .zero), in: .seconds(7)...(.seconds(7)))
        expectWatch(machine.slept(), from: "100")
    }

    @Test(
        "T25, T26, T27, T29, T72: what lies on the way to the server, or permissions, never cause a list",
        arguments: [APIError.Code.transport, .serviceUnavailable, .timeout, .unauthorized, .forbidden]
    )
    func neverLists(code: APIError.Code) {
        var machine = Self.watching(at: "100")
        for attempt in 0..<30 {
            let base = min(Duration.milliseconds(800) * Int(1 << min(attempt, 10)), .seconds(30))
            expectPause(machine.watchEnded(Self.failure(code), lasted: .milliseconds(3)), in: base...(base * 2))
            expectWatch(machine.slept(), from: "100")
        }
    }

    @Test("T28: silence for longer than a minute reconnects at once, while the server still has the events")
    func silence() {
        var machine = Self.watching(at: "100")
        let end = WatchEnd.failed(APIError(.transport, "Could not read.", transport: "timed_out"))
        expectWatch(machine.watchEnded(end, lasted: .seconds(70)), from: "100")
        // A connection that takes too long to be made is no silence.
        expectPause(machine.watchEnded(end, lasted: .seconds(10)))
    }

    @Test("T28: a server that has sent a bookmark may be silent for 70 s, another one for 150 s")
    func idleDeadline() throws {
        var machine = Self.watching(at: "100")
        #expect(try watchOptions(machine.watchEnded(.overdue, lasted: .seconds(300))).idleDeadline == .seconds(150))
        machine.bookmarkReceived(ResourceVersion("101"))
        #expect(try watchOptions(machine.watchEnded(.closed, lasted: .seconds(300))).idleDeadline == .seconds(70))
        #expect(try watchOptions(machine.watchEnded(.closed, lasted: .seconds(300))).idleDeadline == .seconds(70))
    }

    @Test("Watches ask for 300 to 600 s, in whole seconds and spread")
    func watchTimeouts() throws {
        var machine = Self.watching(at: "100")
        var timeouts: Set<Duration> = []
        for _ in 0..<200 {
            timeouts.insert(try watchOptions(machine.watchEnded(.closed, lasted: .seconds(300))).timeout)
        }
        #expect(timeouts.count > 100)
        #expect(timeouts.allSatisfy { $0 >= .seconds(300) && $0 <= .seconds(600) && $0.components.attoseconds == 0 })
    }

    @Test("T18: an event that is too large pauses and lists")
    func eventTooLarge() {
        var machine = Self.watching(at: "100")
        expectPause(machine.watchEnded(Self.failure(.responseTooLarge), lasted: .seconds(2)))
        #expect(machine.slept() == Self.relist(at: "100"))
    }

    @Test("T73: a watch of a kind that is gone pauses and lists, for as long as the list is refused")
    func kindGone() {
        var machine = Self.watching(at: "100")
        expectPause(machine.watchEnded(Self.failure(.notFound, status: 404), lasted: .zero))
        #expect(machine.slept() == Self.relist(at: "100"))
        for _ in 1...10 {
            expectPause(machine.listFailed(Self.error(.notFound, status: 404)))
            #expect(machine.slept() == Self.relist(at: "100"))
        }
    }

    @Test("An event older than what was seen does not move the version back")
    func noGoingBack() {
        var machine = Self.watching(at: "100")
        machine.changeReceived(ResourceVersion("99"))
        machine.changeReceived(ResourceVersion(""))
        expectWatch(machine.watchEnded(.closed, lasted: .seconds(5)), from: "100")
    }

    @Test("A watch that lasted two minutes ends the backoff, whatever ended it")
    func longWatchHeals() {
        var machine = Self.watching(at: "100")
        for _ in 1...6 {
            _ = machine.watchEnded(Self.failure(.transport), lasted: .zero)
            _ = machine.slept()
        }
        let action = machine.watchEnded(Self.failure(.transport), lasted: .seconds(121))
        expectPause(action, in: .milliseconds(800)...(.milliseconds(1_600)))
    }

    @Test("Selectors go with every list and watch")
    func selectors() throws {
        var machine = Machine(
            labelSelector: "app=x",
            fieldSelector: "metadata.name=y",
            generator: SeededGenerator(seed: 7)
        )
        #expect(
            machine.start() == .list(ListOptions(limit: 500, labelSelector: "app=x", fieldSelector: "metadata.name=y"))
        )
        _ = machine.pageArrived(version: ResourceVersion("1"), continueToken: nil)
        let options = try watchOptions(machine.published())
        #expect(options.labelSelector == "app=x")
        #expect(options.fieldSelector == "metadata.name=y")
    }

    @Test("T61: after a cancellation every input is answered with stop")
    func cancelled() {
        var machine = Self.watching(at: "100")
        #expect(machine.cancelled() == .stop)
        #expect(machine.watchEnded(.closed, lasted: .zero) == .stop)
        #expect(machine.slept() == .stop)
        #expect(machine.listFailed(Self.error(.forbidden)) == .stop)
        #expect(machine.pageArrived(version: ResourceVersion("1"), continueToken: nil) == .stop)
        #expect(machine.published() == .stop)
    }

    @Test("Only so many answers in a row that the kind does not exist are believed")
    func absence() {
        var machine = Machine(absenceLimit: 3, generator: SeededGenerator(seed: 7))
        _ = machine.start()
        _ = machine.pageArrived(version: ResourceVersion("100"), continueToken: nil)
        _ = machine.published()
        let gone = Self.error(.notFound, status: 404)
        func pauses(_ action: ReflectorAction) -> Bool {
            guard case .sleep = action else { return false }
            return true
        }
        #expect(pauses(machine.watchEnded(.failed(gone), lasted: .zero)))
        _ = machine.slept()
        #expect(pauses(machine.listFailed(gone)))
        _ = machine.slept()
        // The server was only starting.
        #expect(pauses(machine.listFailed(Self.error(.serviceUnavailable, status: 503))))
        for _ in 0..<2 {
            _ = machine.slept()
            #expect(pauses(machine.listFailed(gone)))
        }
        _ = machine.slept()
        #expect(machine.listFailed(gone) == .giveUp(because: gone))
    }

    @Test("Without a limit no number of answers makes a kind gone")
    func neverAbsent() {
        var machine = Self.machine()
        _ = machine.start()
        for _ in 0..<1_000 {
            guard case .sleep = machine.listFailed(Self.error(.notFound, status: 404)) else {
                Issue.record("it gave up")
                return
            }
            _ = machine.slept()
        }
    }
}

private func expectPause(
    _ action: ReflectorAction,
    in range: ClosedRange<Duration> = .milliseconds(800)...(.seconds(60)),
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard case .sleep(let pause, _) = action else {
        Issue.record("expected a pause, got \(action)", sourceLocation: sourceLocation)
        return
    }
    #expect(range.contains(pause), "a pause of \(pause)", sourceLocation: sourceLocation)
}

private func watchOptions(
    _ action: ReflectorAction,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> WatchOptions {
    guard case .watch(let options) = action else {
        Issue.record("expected a watch, got \(action)", sourceLocation: sourceLocation)
        throw CancellationError()
    }
    return options
}

private func expectWatch(
    _ action: ReflectorAction,
    from version: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard case .watch(let options) = action else {
        Issue.record("expected a watch, got \(action)", sourceLocation: sourceLocation)
        return
    }
    #expect(options.resourceVersion == ResourceVersion(version), sourceLocation: sourceLocation)
}
