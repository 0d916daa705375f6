// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
package import Logging
package import Metrics
import NIOConcurrencyHelpers
import Timing

/// Posts events about objects, without ever keeping a reconcile waiting.
///
/// Events are advice: a full backlog drops new ones, and one the server refuses is given up. The same event again becomes a
/// series, and past a burst an object gets one event in five minutes. Record one for each transition, not for each
/// reconcile. ``run()`` must be running for anything to be posted.
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
    private let updated: Counter?
    private let suppressed: Counter?
    private let logger: Logger
    private let time: ElapsedTime
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
        updated = counter("updated")
        suppressed = counter("suppressed")
        for counter in [posted, dropped, failed, updated, suppressed] { counter?.increment(by: 0) }
        self.logger = logger
        time = ElapsedTime(clock)
        self.now = now
    }

    /// The number of events that wait to be posted.
    package var backlogCount: Int { backlog.withLockedValue { $0.count } }

    /// Queues an event, or counts it if the same one, whatever its note, was recorded within the last six minutes.
    package func record(_ event: RecordedEvent) {
        let moment = now()
        let admission = backlog.withLockedValue { backlog in
            backlog.add(event, at: time.now, time: moment) { make(event, at: moment) }
        }
        switch admission {
        case .queued: arrived.call()
        case .counted: break
        case .suppressed: suppressed?.increment()
        case .full: dropped?.increment()
        }
    }

    /// Posts events in order until the task is cancelled; what waits then is not posted.
    package func run() async {
        while !Task.isCancelled {
            let (errand, missed, nextDue) = backlog.withLockedValue { backlog in
                let missed = backlog.collectDue(at: time.now)
                return (backlog.next(at: time.now), missed, backlog.nextDue)
            }
            dropped?.increment(by: missed)
            guard let errand else {
                await arrived.wait(atMost: nextDue.map { max($0 - time.now, .zero) }, time)
                continue
            }
            await carryOut(errand)
        }
    }

    private func make(_ event: RecordedEvent, at moment: MicroTime) -> Event {
        let name = generator.withLockedValue { Event.name(for: event.regarding, at: moment, using: &$0) }
        return Event(
            name: name,
            time: moment,
            kind: event.kind,
            reason: event.reason,
            action: event.action,
            note: event.note,
            reportingController: reportingController,
            reportingInstance: reportingInstance,
            regarding: event.regarding
        )
    }

    private func carryOut(_ errand: EventBacklog.Errand) async {
        var errand = errand
        for attempt in 1...Self.attempts {
            do {
                switch errand {
                case .post(let event):
                    try await sink.post(event)
                    posted?.increment()
                case .update(let event):
                    try await sink.updateSeries(of: event)
                    updated?.increment()
                }
                return
            } catch is CancellationError {
                return
            } catch let error as APIError where error.code == .alreadyExists {
                // An attempt whose answer was lost had worked.
                posted?.increment()
                return
            } catch {
                if case .update(let event) = errand, (error as? APIError)?.code == .notFound {
                    // The server forgets events after a while; this one has news.
                    errand = .post(event)
                    continue
                }
                let isFinal = attempt == Self.attempts || (error as? APIError)?.isPermanent == true
                logger.debug("Could not post an event", metadata: ["error": "\(error)", "attempt": "\(attempt)"])
                if isFinal {
                    failed?.increment()
                    return
                }
                let pause = max(retryPause(), (error as? APIError)?.retryAfter ?? .zero)
                do { try await time.clock.sleep(for: pause) } catch { return }
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
