// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import TestSupport
import Testing

@testable import ControllerRuntime

/// The rules for watches that begin with everything there is.
@Suite("Reflector state machine with streams")
struct ReflectorStreamingTests {
    typealias Machine = ReflectorStateMachine

    static func machine() -> Machine { Machine(prefersStreaming: true, generator: SeededGenerator(seed: 7)) }

    /// A machine that has read everything at `version` and follows.
    static func following(at version: String = "100") -> Machine {
        var machine = machine()
        _ = machine.start()
        _ = machine.initialEventsEnded(ResourceVersion(version))
        return machine
    }

    static func failure(_ code: APIError.Code, transport: String? = nil) -> WatchEnd {
        .failed(APIError(code, "Could not do it.", transport: transport))
    }

    static func isStream(_ action: ReflectorAction, from version: String = "") -> Bool {
        guard case .watch(let options) = action else { return false }
        return options.sendsInitialEvents && options.resourceVersion.rawValue == version
    }

    static func isList(_ action: ReflectorAction) -> Bool {
        if case .list = action { true } else { false }
    }

    static func isPause(_ action: ReflectorAction) -> Bool {
        if case .sleep = action { true } else { false }
    }

    @Test("T06: it begins with a stream of the most recent state, and goes on as a watch from its bookmark")
    func first() {
        var machine = Self.machine()
        #expect(Self.isStream(machine.start()))
        machine.changeReceived(ResourceVersion("900"))
        #expect(machine.isStreaming)
        #expect(machine.lastVersion == nil)
        let publishes = machine.initialEventsEnded(ResourceVersion("800"))
        #expect(publishes)
        #expect(!machine.isStreaming)
        #expect(machine.lastVersion == ResourceVersion("800"))
        guard case .watch(let options) = machine.watchEnded(.closed, lasted: .seconds(9)) else {
            Issue.record("It does not watch again")
            return
        }
        #expect(options.resourceVersion == ResourceVersion("800") && !options.sendsInitialEvents)
    }

    @Test("A second bookmark of that sort publishes nothing")
    func secondEnd() {
        var machine = Self.following(at: "100")
        let publishes = machine.initialEventsEnded(ResourceVersion("120"))
        #expect(!publishes)
        #expect(machine.lastVersion == ResourceVersion("120"))
    }

    @Test("A kind that a cluster may lack is believed to be gone after the same answers to streams as to lists")
    func absence() {
        var machine = Machine(prefersStreaming: true, absenceLimit: 3, generator: SeededGenerator(seed: 7))
        _ = machine.start()
        _ = machine.initialEventsEnded(ResourceVersion("100"))
        #expect(Self.isPause(machine.watchEnded(Self.failure(.notFound), lasted: .zero)))
        #expect(Self.isStream(machine.slept(), from: "100"))
        #expect(Self.isPause(machine.watchEnded(Self.failure(.notFound), lasted: .zero)))
        _ = machine.slept()
        guard case .giveUp(let error) = machine.watchEnded(Self.failure(.notFound), lasted: .zero) else {
            Issue.record("It does not believe it")
            return
        }
        #expect(error.code == .notFound)
    }

    @Test("Answers that a kind is gone count from the last time it was there")
    func absenceEnds() {
        var machine = Machine(prefersStreaming: true, absenceLimit: 2, generator: SeededGenerator(seed: 7))
        _ = machine.start()
        #expect(Self.isPause(machine.watchEnded(Self.failure(.notFound), lasted: .zero)))
        _ = machine.slept()
        _ = machine.initialEventsEnded(ResourceVersion("100"))
        #expect(Self.isPause(machine.watchEnded(Self.failure(.notFound), lasted: .zero)))
    }

    @Test(
        "T07: a server that knows no streams is listed, and asked again after half an hour",
        arguments: [APIError.Code.invalid, .badRequest, .methodNotSupported]
    )
    func refused(code: APIError.Code) {
        var machine = Self.machine()
        _ = machine.start()
        machine.advance(to: .seconds(10))
        #expect(Self.isList(machine.watchEnded(Self.failure(code), lasted: .zero)))
        _ = machine.pageArrived(version: ResourceVersion("100"), continueToken: nil)
        _ = machine.published()
        machine.advance(to: .seconds(1_809))
        #expect(Self.isList(machine.watchEnded(Self.failure(.expired), lasted: .seconds(5))))
        _ = machine.pageArrived(version: ResourceVersion("100"), continueToken: nil)
        _ = machine.published()
        machine.changeReceived(ResourceVersion("101"))
        machine.advance(to: .seconds(1_810))
        #expect(Self.isStream(machine.watchEnded(Self.failure(.expired), lasted: .seconds(5)), from: "101"))
    }

    @Test(
        "Another failure of the server is answered by a list, and the next start tries a stream again",
        arguments: [APIError.Code.forbidden, .internalError, .serviceUnavailable, .notAcceptable, .responseTooLarge]
    )
    func failed(code: APIError.Code) {
        var machine = Self.machine()
        _ = machine.start()
        #expect(Self.isList(machine.watchEnded(Self.failure(code), lasted: .zero)))
        #expect(Self.isPause(machine.listFailed(APIError(.serviceUnavailable, "No."))))
        #expect(Self.isStream(machine.slept()))
    }

    @Test(
        "A server that is not there, or asks for patience, is waited for",
        arguments: [
            failure(.transport, transport: "connection_failed"), failure(.tooManyRequests), failure(.unauthorized),
            failure(.notFound),
        ]
    )
    func waited(end: WatchEnd) {
        var machine = Self.machine()
        _ = machine.start()
        for _ in 1...5 {
            #expect(Self.isPause(machine.watchEnded(end, lasted: .zero)))
            #expect(Self.isStream(machine.slept()))
        }
    }

    @Test(
        "T08: a stream that breaks before its end is tried three times",
        arguments: [.closed, failure(.transport, transport: "connection_lost")]
    )
    func broken(end: WatchEnd) {
        var machine = Self.machine()
        _ = machine.start()
        for _ in 1...2 {
            machine.changeReceived(ResourceVersion("5"))
            #expect(Self.isPause(machine.watchEnded(end, lasted: .seconds(200))))
            #expect(Self.isStream(machine.slept()))
        }
        #expect(Self.isList(machine.watchEnded(end, lasted: .seconds(200))))
        #expect(machine.lastVersion == nil)
    }

    @Test("T10: a stream that never says where it ends is listed, and the server not asked again")
    func silent() {
        var machine = Self.machine()
        _ = machine.start()
        machine.bookmarkReceived(ResourceVersion("50"))
        #expect(Self.isList(machine.watchEnded(.overdue, lasted: .seconds(30))))
        #expect(Self.isPause(machine.listFailed(APIError(.serviceUnavailable, "No."))))
        #expect(Self.isList(machine.slept()))
    }

    @Test(
        "T04: a version that is gone or not there yet is dropped at once, and used again after a success",
        arguments: [APIError.Code.expired, .resourceVersionTooLarge]
    )
    func version(code: APIError.Code) {
        var machine = Self.following(at: "100")
        #expect(Self.isStream(machine.watchEnded(Self.failure(.expired), lasted: .seconds(5)), from: "100"))
        #expect(Self.isStream(machine.watchEnded(Self.failure(code), lasted: .zero)))
        #expect(Self.isList(machine.watchEnded(Self.failure(code), lasted: .zero)))
        var other = Self.following(at: "100")
        _ = other.watchEnded(Self.failure(.expired), lasted: .seconds(5))
        _ = other.watchEnded(Self.failure(code), lasted: .zero)
        let publishes = other.initialEventsEnded(ResourceVersion("300"))
        #expect(publishes)
        #expect(Self.isStream(other.watchEnded(Self.failure(.expired), lasted: .seconds(5)), from: "300"))
    }
}
