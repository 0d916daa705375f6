// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Logging
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Event series")
struct EventSeriesTests {
    /// A sink that keeps what it gets; updates fail as scripted.
    final class Sink: EventSink {
        let posts = Recorded<Event>()
        let updates = Recorded<Event>()
        private let failure: APIError?

        init(failingUpdates failure: APIError? = nil) { self.failure = failure }

        func post(_ event: Event) async throws { posts.append(event) }
        func updateSeries(of event: Event) async throws {
            updates.append(event)
            if let failure { throw failure }
        }
    }

    let clock = ManualClock()
    let metrics = RecordingMetrics()

    func recorder(_ sink: Sink) -> EventRecorder {
        EventRecorder(
            sink,
            reportingController: "example.com/gadgets",
            reportingInstance: "pod-1",
            metrics: metrics,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: clock,
            now: { [clock] in MicroTime(sinceEpoch: .seconds(1_700_000_000) + clock.now.offset) },
            generator: SeededGenerator(seed: 5)
        )
    }

    func event(_ reason: String = "Rejected", note: String = "It is wrong.", version: Int = 1) -> RecordedEvent {
        RecordedEvent(
            .warning,
            reason: reason,
            action: "Validate",
            note: note,
            regarding: ObjectReference(Gadget("a", version: version))
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

    /// Until the recorder has done what it can and waits for time to pass.
    func untilIdle(_ recorder: EventRecorder) async throws {
        try await until("it waits") { recorder.backlogCount == 0 && clock.sleeperCount == 1 }
    }

    @Test("T77: a thousand times the same is one post and one update with the count")
    func thousand() async throws {
        let sink = Sink()
        let recorder = recorder(sink)
        for number in 1...1_000 { recorder.record(event(version: number)) }
        try await running(recorder) {
            try await untilIdle(recorder)
            #expect(sink.posts.all.count == 1)
            #expect(sink.posts.all.first?.series == nil)
            #expect(sink.updates.all.map(\.series?.count) == [1_000])
            #expect(sink.updates.all.first?.metadata == sink.posts.all.first?.metadata)
            #expect(count("posted") == 1 && count("updated") == 1 && count("suppressed") == 0)
        }
    }

    @Test("T77: another note is the same event, another reason, action or object is not")
    func sameness() async throws {
        let sink = Sink()
        let recorder = recorder(sink)
        for number in 1...30 { recorder.record(event(note: "\(number)")) }
        recorder.record(event("Accepted"))
        var other = event()
        other.regarding = ObjectReference(Gadget("b", version: 1))
        recorder.record(other)
        var again = event()
        again.regarding.uid = "made later"
        recorder.record(again)
        try await running(recorder) {
            try await untilIdle(recorder)
            #expect(sink.posts.all.count == 4)
            #expect(sink.updates.all.map(\.series?.count) == [30])
        }
    }

    @Test("T77: a series that goes on is told every 30 minutes, so that the server keeps it")
    func refresh() async throws {
        let sink = Sink()
        let recorder = recorder(sink)
        try await running(recorder) {
            recorder.record(event())
            recorder.record(event())
            try await untilIdle(recorder)
            #expect(sink.updates.all.map(\.series?.count) == [2])
            for minute in 1...61 {
                clock.advance(by: .seconds(60))
                recorder.record(event())
                // Time moves on only when it has been noticed.
                try await until("it waits") { clock.sleeperCount == 1 && recorder.backlogCount == 0 }
                if minute == 29 { #expect(sink.updates.all.count == 1) }
            }
            try await until("it has told twice more") { sink.updates.all.count == 3 }
            #expect(sink.posts.all.count == 1)
        }
    }

    @Test("T77: after six minutes of silence the last count is told, and the next is a new event")
    func silence() async throws {
        let sink = Sink()
        let recorder = recorder(sink)
        try await running(recorder) {
            for _ in 1...2 { recorder.record(event()) }
            try await untilIdle(recorder)
            for _ in 1...5 { recorder.record(event()) }
            let last = MicroTime(sinceEpoch: .seconds(1_700_000_000) + clock.now.offset)
            clock.advance(by: .seconds(359))
            try await untilIdle(recorder)
            #expect(sink.updates.all.count == 1)
            clock.advance(by: .seconds(1))
            try await until("the last count is told") { sink.updates.all.count == 2 }
            #expect(sink.updates.all.last?.series == Event.Series(count: 7, lastObservedTime: last))
            recorder.record(event())
            try await until("it is posted anew") { sink.posts.all.count == 2 }
            #expect(Set(sink.posts.all.map(\.metadata.name)).count == 2)
        }
    }

    @Test("An event that happened once is not told again")
    func once() async throws {
        let sink = Sink()
        let recorder = recorder(sink)
        try await running(recorder) {
            recorder.record(event())
            try await untilIdle(recorder)
            clock.advance(by: .seconds(3_600))
            try await until("it has nothing to wait for") { clock.sleeperCount == 0 }
            #expect(sink.posts.all.count == 1 && sink.updates.all.isEmpty)
        }
    }

    @Test("T77: of a burst about one object 25 are posted, then one in five minutes, and others are not held back")
    func burst() async throws {
        let sink = Sink()
        let recorder = recorder(sink)
        try await running(recorder) {
            for number in 1...40 { recorder.record(event("Reason\(number)")) }
            try await untilIdle(recorder)
            #expect(sink.posts.all.count == 25)
            #expect(count("suppressed") == 15)
            var other = event()
            other.regarding = ObjectReference(Gadget("b", version: 1))
            recorder.record(other)
            try await until("another object's is posted") { sink.posts.all.count == 26 }
            clock.advance(by: .seconds(299))
            recorder.record(event("Early"))
            #expect(count("suppressed") == 16)
            clock.advance(by: .seconds(1))
            recorder.record(event("Later"))
            recorder.record(event("TooMuch"))
            try await until("one more is posted") { sink.posts.all.count == 27 }
            #expect(count("suppressed") == 17)
        }
    }

    @Test("A series whose event the server has forgotten is posted with its count")
    func forgotten() async throws {
        let sink = Sink(failingUpdates: APIError(.notFound, "It is gone.", status: 404))
        let recorder = recorder(sink)
        for _ in 1...3 { recorder.record(event()) }
        try await running(recorder) {
            try await until("it is posted again") { sink.posts.all.count == 2 }
            #expect(sink.posts.all.map(\.series?.count) == [nil, 3])
            #expect(count("failed") == 0)
        }
    }

    @Test("However many different events there are, few are remembered")
    func bounded() {
        var correlator = EventCorrelator(limit: 10)
        for number in 0..<500 {
            let event = RecordedEvent(
                .normal,
                reason: "Made",
                action: "Make",
                note: "",
                regarding: ObjectReference(Gadget("g\(number)", version: 1))
            )
            let verdict = correlator.record(
                EventCorrelator.Key(event),
                at: .seconds(number),
                time: MicroTime(microsecondsSinceEpoch: 0)
            ) {
                Event(
                    name: "x",
                    time: MicroTime(microsecondsSinceEpoch: 0),
                    kind: .normal,
                    reason: "Made",
                    action: "Make",
                    note: "",
                    reportingController: "example.com/x",
                    reportingInstance: "x",
                    regarding: event.regarding
                )
            }
            #expect(verdict == .post)
            #expect(correlator.sizes.series <= 10 && correlator.sizes.objects <= 10)
        }
    }
}
