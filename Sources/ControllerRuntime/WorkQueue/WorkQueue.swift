// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DequeModule
package import Metrics
import NIOConcurrencyHelpers
import Timing

/// The keys that workers have to look at, each at most once at a time.
///
/// Adding never waits and may be done from anywhere, also from a store's subscriber. ``run()`` must be running for
/// delayed keys to become due; a ``Controller`` runs it for its queue.
package final class WorkQueue<Key: Hashable & Sendable>: Sendable {
    private struct Parked: Sendable {
        var id: UInt64
        var wake: CheckedContinuation<Key?, Never>
    }
    private struct Content: Sendable {
        var state: WorkQueueState<Key>
        /// Workers that wait for a key, first come first served.
        var parked = Deque<Parked>()
        var nextID: UInt64 = 0
        /// When the timer will look at the queue again by itself; zero until it has begun.
        var timerLooksAt = Duration.zero
    }

    /// The queue's name in metrics.
    package let name: String
    private let content: NIOLockedValueBox<Content>
    private let time: ElapsedTime
    private let metrics: WorkQueueMetrics?
    private let timer = Wakeup()
    private let ended = Latch()
    private let drained = Latch()

    /// Reports to `metrics` under controller-runtime's `workqueue_*` names; with `nil` nowhere.
    package init(
        name: String,
        retryDelay: RetryDelay = RetryDelay(),
        metrics: (any MetricsFactory)? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.name = name
        content = NIOLockedValueBox(Content(state: WorkQueueState(retryDelay: retryDelay, generator: generator)))
        time = ElapsedTime(clock)
        self.metrics = metrics.map { WorkQueueMetrics(name: name, factory: $0) }
    }

    /// The number of keys that wait for a worker; delayed ones do not count.
    package var depth: Int { content.withLockedValue { $0.state.depth(.normal) + $0.state.depth(.low) } }

    /// Whether no worker holds a key, and none waits or has become due; one that is delayed further is not counted.
    package var isIdle: Bool {
        let now = time.now
        return content.withLockedValue { content in
            content.state.isEmpty && content.state.processingCount == 0
                && (content.state.nextAlarm.map { $0 > now } ?? true)
        }
    }

    /// The number of failures of the key since its last success.
    package func failureCount(_ key: Key) -> Int { content.withLockedValue { $0.state.failureCount(key) } }

    /// The priority with which the key was taken, for the worker that holds it.
    package func priority(_ key: Key) -> WorkPriority { content.withLockedValue { $0.state.priority(key) } }

    /// Makes sure the key is looked at from now on; an earlier delay of it is void.
    package func add(_ key: Key, priority: WorkPriority = .normal) {
        change { state, now in
            if state.add(key, priority, now: now) { metrics?.added() }
        }
    }

    /// Makes sure the key is looked at once `delay` has passed; of several delays the earliest counts.
    package func add(_ key: Key, after delay: Duration, priority: WorkPriority = .normal) {
        change { state, now in state.add(key, after: delay, priority, now: now) }
    }

    /// Waits for a key to work on, which then is the caller's until it calls ``finish(_:_:)``.
    ///
    /// - Returns: `nil` once the queue is shut down, or the task is cancelled.
    package func next() async -> Key? {
        let id = content.withLockedValue { content in
            content.nextID += 1
            return content.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = content.withLockedValue { content -> Key?? in
                    if Task.isCancelled { return .some(nil) }
                    if let key = take(&content.state) { return key }
                    if content.state.isShutDown { return .some(nil) }
                    content.parked.append(Parked(id: id, wake: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let parked = content.withLockedValue { content -> Parked? in
                guard let index = content.parked.firstIndex(where: { $0.id == id }) else { return nil }
                return content.parked.remove(at: index)
            }
            parked?.wake.resume(returning: nil)
        }
    }

    /// Hands a key back and says when it is to come again.
    package func finish(_ key: Key, _ verdict: WorkVerdict) {
        change { state, now in
            guard let worked = state.finish(key, verdict, now: now) else { return }
            metrics?.finished(after: worked, isRetried: verdict == .failed)
        }
    }

    /// Refuses new keys from now on and forgets delayed ones.
    ///
    /// - Parameter dropsWaiting: Whether keys that no worker has taken are forgotten as well; else workers finish them.
    package func shutDown(dropsWaiting: Bool = true) {
        change { state, _ in state.shutDown(dropsWaiting: dropsWaiting) }
        ended.open()
    }

    /// Returns once the queue is shut down, or the task is cancelled.
    func waitUntilShutDown() async { await ended.wait() }

    /// Returns once the queue is shut down and no worker holds a key, or the task is cancelled.
    package func waitUntilDrained() async { await drained.wait() }

    /// Lets delayed keys become due, until the queue is shut down or the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            var alarm: Duration?
            var isShutDown = false
            change(isTimer: true) { state, now in
                for _ in 0..<state.promoteDue(now: now) { metrics?.added() }
                isShutDown = state.isShutDown
                alarm = state.nextAlarm
            }
            if isShutDown { return }
            await timer.wait(until: alarm, time)
        }
    }

    /// Records what only grows with time, for the keys that workers hold now.
    func reportWorkInProgress() {
        guard let metrics else { return }
        let now = time.now
        let since = content.withLockedValue { $0.state.processingSince }
        metrics.inProgress(since.map { now - $0 })
    }
}

extension WorkQueue {
    /// Changes the state, then hands keys to parked workers outside the lock.
    private func change(isTimer: Bool = false, _ body: (inout WorkQueueState<Key>, Duration) -> Void) {
        let now = time.now
        var handedOut: [(Parked, Key?)] = []
        var isDrained = false
        content.withLockedValue { content in
            body(&content.state, now)
            while !content.parked.isEmpty, let key = take(&content.state) {
                handedOut.append((content.parked.removeFirst(), key))
            }
            if content.state.isShutDown {
                while let parked = content.parked.popFirst() { handedOut.append((parked, nil)) }
                isDrained = content.state.isEmpty && content.state.processingCount == 0
            }
            let nextAlarm = content.state.nextAlarm ?? .seconds(Int64.max)
            if isTimer { content.timerLooksAt = nextAlarm }
            if content.state.isShutDown || nextAlarm < content.timerLooksAt { timer.call() }
            metrics?.depth(low: content.state.depth(.low), normal: content.state.depth(.normal))
        }
        for (parked, key) in handedOut { parked.wake.resume(returning: key) }
        if isDrained { drained.open() }
    }

    private func take(_ state: inout WorkQueueState<Key>) -> Key? {
        guard let taken = state.take(now: time.now) else { return nil }
        metrics?.taken(after: taken.waited)
        metrics?.depth(low: state.depth(.low), normal: state.depth(.normal))
        return taken.key
    }
}
