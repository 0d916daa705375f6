// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

@Suite("Event recorder", .timeLimit(.minutes(10)))
struct EventRecorderTests {
    /// A sink whose answers are scripted by the number of the attempt, from 1.
    final class Sink: EventSink {
        let attempts = Recorded<Event>()
        private let answer: @Sendable (Int) throws -> Void

        init(_ answer: @escaping @Sendable (Int) throws -> Void = { _ in }) { self.answer = answer }

        func post(_ event: Event) async throws {
            attempts.append(event)
            try answer(attempts.all.count)
        }

        func updateSeries(of event: Event) async throws {}
    }

    let clock = ManualClock()
    let metrics = RecordingMetrics()

    func recorder(_ sink: Sink, limit: Int = 1_000) -> EventRecorder {
        EventRecorder(
            sink,
            reportingController: "example.com/gadgets",
            reportingInstance: "pod-1",
            limit: limit,
            metrics: metrics,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: clock,
            now: { MicroTime(microsecondsSinceEpoch: 1_700_000_000_123_456) },
            generator: SeededGenerator(seed: 5)
        )
    }

    func event(_ note: String = "It works.") -> RecordedEvent {
        RecordedEvent(
            .normal,
            reason: "Accepted",
            action: "Validate",
            note: note,
            regarding: ObjectReference(Gadget("a", version: 1))
        )
    }

    func count(_ result: String) -> Double? { metrics.value("event_recorder_events_total{result=\(result)}") }

    /// Runs the recorder until `body` is done.
    func running(_ recorder: EventRecorder, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await recorder.run() }
            try await body()
            group.cancelAll()
        }
    }

    @Test("An event says what happened to what, when and who says so")
    func content() async throws {
        let sink = Sink()
        let recorder = recorder(sink)
        try await running(recorder) {
            recorder.record(event())
            try await until("it is posted") { count("posted") == 1 }
        }
        let posted = try #require(sink.attempts.all.first)
        #expect(posted.reason == "Accepted")
        #expect(posted.regarding.key == key("a"))
        #expect(posted.reportingController == "example.com/gadgets")
        #expect(posted.time.description == "2023-11-14T22:13:20.123456Z")
    }

    @Test("A full backlog drops new events and counts them")
    func overflow() async throws {
        let recorder = recorder(Sink(), limit: 2)
        for number in 1...5 {
            var event = event()
            event.reason = "Reason\(number)"
            recorder.record(event)
        }
        #expect(recorder.backlogCount == 2)
        #expect(count("dropped") == 3)
    }

    @Test("The same event is queued once while it waits, and its series once")
    func duplicates() async throws {
        let recorder = recorder(Sink())
        for _ in 1...5 { recorder.record(event()) }
        #expect(recorder.backlogCount == 2)
        #expect(count("dropped") == 0)
    }

    @Test("A lost connection is tried again every 10 s or so, twelve times in all")
    func retries() async throws {
        let sink = Sink { _ in throw APIError(.transport, "Could not connect.") }
        let recorder = recorder(sink)
        try await running(recorder) {
            recorder.record(event())
            for attempt in 1...11 {
                try await until("it pauses") { sink.attempts.all.count == attempt && clock.sleeperCount == 1 }
                clock.advance(by: .milliseconds(7_400))
                #expect(clock.sleeperCount == 1)
                clock.advance(by: .milliseconds(5_200))
            }
            try await until("it gives up") { count("failed") == 1 }
        }
        #expect(sink.attempts.all.count == 12)
        #expect(Set(sink.attempts.all.map(\.metadata.name)).count == 1)
    }

    @Test("What the server refuses for good is not tried again", arguments: [400, 403, 404, 422])
    func permanent(status: Int) async throws {
        let sink = Sink { _ in throw APIError(.forbidden, "Could not post.", status: status) }
        let recorder = recorder(sink)
        try await running(recorder) {
            recorder.record(event())
            try await until("it gives up") { count("failed") == 1 }
        }
        #expect(sink.attempts.all.count == 1)
    }

    @Test("An event that is there already has been posted")
    func alreadyExists() async throws {
        let sink = Sink { _ in throw APIError(.alreadyExists, "It is there.", status: 409) }
        let recorder = recorder(sink)
        try await running(recorder) {
            recorder.record(event())
            try await until("it is done") { count("posted") == 1 }
        }
    }

    @Test("A server that asks for time gets it")
    func retryAfter() async throws {
        let sink = Sink { attempt in
            if attempt == 1 { throw APIError(.tooManyRequests, "Slow down.", status: 429, retryAfter: .seconds(60)) }
        }
        let recorder = recorder(sink)
        try await running(recorder) {
            recorder.record(event())
            try await until("it pauses") { clock.sleeperCount == 1 }
            clock.advance(by: .seconds(59))
            #expect(clock.sleeperCount == 1)
            clock.advance(by: .seconds(1))
            try await until("it is posted") { count("posted") == 1 }
        }
    }
}
