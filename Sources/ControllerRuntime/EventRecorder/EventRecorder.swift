// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
package import Logging
package import Metrics
import NIOConcurrencyHelpers

/// Posts events about objects, without ever keeping a reconcile waiting.
///
/// Events are advice: a full backlog drops new ones, and one the server refuses is given up. Record one for each
/// transition, not for each reconcile. ``run()`` must be running for anything to be posted.
package final class EventRecorder: Sendable {
    private let sink: any EventSink
    private let reportingController: String
    private let reportingInstance: String
    private let backlog: NIOLockedValueBox<EventBacklog>
    private let arrived = Wakeup()
    private let generator: NIOLockedValueBox<any RandomNumberGenerator & Sendable>
    private let posted: Counter?
    private let dropped: Counter?
    private let failed: Counter?
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> MicroTime

    /// How often one event is tried.
    private static var attempts: Int { 12 }

    /// Makes a recorder that posts nothing until it runs.
    ///
    /// `reportingController` is a qualified name, as `example.com/controller`, and `reportingInstance` says which
    /// replica. At most `limit` events wait. `now` is the time of day, for the events' own time.
    package init(
        _ sink: any EventSink,
        reportingController: String,
        reportingInstance: String,
        limit: Int = 1_000,
        metrics: (any MetricsFactory)? = nil,
        logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> MicroTime,
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.sink = sink
        self.reportingController = reportingController
        self.reportingInstance = reportingInstance
        backlog = NIOLockedValueBox(EventBacklog(limit: limit))
        self.generator = NIOLockedValueBox(generator)
        func counter(_ result: String) -> Counter? {
            metrics.map { Counter(label: "event_recorder_events_total", dimensions: [("result", result)], factory: $0) }
        }
        posted = counter("posted")
        dropped = counter("dropped")
        failed = counter("failed")
        for counter in [posted, dropped, failed] { counter?.increment(by: 0) }
        self.logger = logger
        self.clock = clock
        self.now = now
    }

    /// The number of events that wait to be posted.
    package var backlogCount: Int { backlog.withLockedValue { $0.count } }

    /// Queues an event; one that already waits, word for word, is not queued twice.
    package func record(_ event: RecordedEvent) {
        let time = now()
        switch backlog.withLockedValue({ $0.add(event, at: time) }) {
        case .queued: arrived.call()
        case .duplicate: break
        case .full: dropped?.increment()
        }
    }

    /// Posts events in order until the task is cancelled; what waits then is not posted.
    package func run() async {
        while !Task.isCancelled {
            guard let entry = backlog.withLockedValue({ $0.next() }) else {
                await arrived.wait()
                continue
            }
            await post(event(entry))
        }
    }

    private func event(_ entry: EventBacklog.Entry) -> Event {
        let name = generator.withLockedValue { Event.name(for: entry.event.regarding, at: entry.time, using: &$0) }
        return Event(
            name: name,
            time: entry.time,
            kind: entry.event.kind,
            reason: entry.event.reason,
            action: entry.event.action,
            note: entry.event.note,
            reportingController: reportingController,
            reportingInstance: reportingInstance,
            regarding: entry.event.regarding
        )
    }

    private func post(_ event: Event) async {
        for attempt in 1...Self.attempts {
            do {
                try await sink.post(event)
                posted?.increment()
                return
            } catch is CancellationError {
                return
            } catch let error as APIError where error.code == .alreadyExists {
                // An attempt whose answer was lost had worked.
                posted?.increment()
                return
            } catch {
                let isFinal = attempt == Self.attempts || (error as? APIError)?.isPermanent == true
                logger.debug("Could not post an event", metadata: ["error": "\(error)", "attempt": "\(attempt)"])
                if isFinal {
                    failed?.increment()
                    return
                }
                let pause = max(retryPause(), (error as? APIError)?.retryAfter ?? .zero)
                do { try await clock.sleep(for: pause) } catch { return }
            }
        }
    }

    /// 10 s ± 25 %.
    private func retryPause() -> Duration {
        generator.withLockedValue { .seconds(10) * Double.random(in: 0.75...1.25, using: &$0) }
    }
}

extension APIError {
    /// Whether the same request would be refused again.
    fileprivate var isPermanent: Bool {
        (400..<500).contains(status) && code != .tooManyRequests && code != .timeout
    }
}
