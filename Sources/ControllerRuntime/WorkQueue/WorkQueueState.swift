// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import HeapModule

/// The rules of a work queue, without locks, tasks or a clock.
///
/// A key waits to be taken, is delayed until a time, or is being processed and possibly to be taken once more. Hence
/// no two workers hold the same key, any number of adds before it is taken is one run, adds while it is processed are
/// exactly one more, and no add is lost. Memory is bounded by the number of distinct keys. Times are counted from the
/// queue's start.
struct WorkQueueState<Key: Hashable & Sendable>: Sendable {
    /// A key that a worker may take.
    private struct Waiting: Sendable {
        var priority: WorkPriority
        var since: Duration
        var turn: UInt64
    }
    /// A key that a worker holds.
    private struct Processing: Sendable {
        var priority: WorkPriority
        var since: Duration
        /// Set if the key was added meanwhile.
        var addedAgain: WorkPriority?
    }
    /// A key whose time has not come.
    private struct Delayed: Sendable {
        var priority: WorkPriority
        var due: Duration
    }
    private struct Turn: Sendable {
        var key: Key
        var number: UInt64
    }
    private struct Alarm: Sendable, Comparable {
        var key: Key
        var due: Duration
        static func < (left: Alarm, right: Alarm) -> Bool { left.due < right.due }
        static func == (left: Alarm, right: Alarm) -> Bool { left.due == right.due }
    }

    private var waiting: [Key: Waiting] = [:]
    private var processing: [Key: Processing] = [:]
    private var delayed: [Key: Delayed] = [:]
    private var failures: [Key: Int] = [:]
    /// Turns in order; one that no longer is its key's turn is passed over.
    private var normalTurns = Deque<Turn>()
    private var lowTurns = Deque<Turn>()
    private var lowCount = 0
    /// Due times; one that no longer is its key's due time is passed over.
    private var alarms = Heap<Alarm>()
    private var nextTurn: UInt64 = 0
    private var normalSinceLow = 0
    private(set) var isShutDown = false
    private var dropsWaiting = false
    private var generator: any RandomNumberGenerator & Sendable
    private let retryDelay: RetryDelay

    /// Of ten keys taken while both priorities wait, one is of low priority, so that none starves.
    private static var normalPerLow: Int { 9 }

    init(
        retryDelay: RetryDelay = RetryDelay(),
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.retryDelay = retryDelay
        self.generator = generator
    }

    // MARK: What is in it

    /// The number of keys that wait for a worker.
    func depth(_ priority: WorkPriority) -> Int { priority == .low ? lowCount : waiting.count - lowCount }
    var isEmpty: Bool { waiting.isEmpty }
    var delayedCount: Int { delayed.count }
    var processingCount: Int { processing.count }
    /// When each key that is now processed was taken.
    var processingSince: [Duration] { processing.values.map(\.since) }
    /// When the next delayed key is due; may be early, never late.
    var nextAlarm: Duration? { alarms.min?.due }
    /// The number of failures of the key since its last success.
    func failureCount(_ key: Key) -> Int { failures[key] ?? 0 }
    /// The priority of a key that a worker holds.
    func priority(_ key: Key) -> WorkPriority { processing[key]?.priority ?? .normal }

    // MARK: Adding

    /// Makes sure the key is taken once from now on; an earlier delay of it is void.
    ///
    /// - Returns: Whether this is one run more than there would have been.
    @discardableResult
    mutating func add(_ key: Key, _ priority: WorkPriority, now: Duration) -> Bool {
        if isShutDown { return false }
        var priority = priority
        if !delayed.isEmpty, let delay = delayed.removeValue(forKey: key) { priority = max(priority, delay.priority) }
        if let held = processing[key] {
            processing[key]?.addedAgain = max(priority, held.addedAgain ?? priority)
            return held.addedAgain == nil
        }
        guard let entry = waiting[key] else {
            enqueue(key, priority, since: now)
            return true
        }
        if entry.priority < priority {
            lowCount -= 1
            enqueue(key, priority, since: entry.since)
        }
        return false
    }

    /// Makes sure the key is taken once `delay` has passed; of two delays the earlier counts.
    ///
    /// Void if the key already waits, since then it is taken anyway.
    mutating func add(_ key: Key, after delay: Duration, _ priority: WorkPriority, now: Duration) {
        if isShutDown { return }
        guard delay > .zero else {
            add(key, priority, now: now)
            return
        }
        if waiting[key] != nil || processing[key]?.addedAgain != nil { return }
        let due = now + delay
        let before = delayed[key]
        delayed[key] = Delayed(
            priority: max(priority, before?.priority ?? priority),
            due: min(due, before?.due ?? due)
        )
        if let before, before.due <= due { return }
        alarms.insert(Alarm(key: key, due: due))
        if alarms.count > 2 * delayed.count + 64 {
            alarms = Heap(delayed.map { Alarm(key: $0.key, due: $0.value.due) })
        }
    }

    /// Lets every key wait for a worker whose time has come.
    ///
    /// - Returns: How many those were.
    @discardableResult
    mutating func promoteDue(now: Duration) -> Int {
        var count = 0
        while let alarm = alarms.min, alarm.due <= now {
            alarms.removeMin()
            guard let delay = delayed[alarm.key], delay.due <= now else { continue }
            if add(alarm.key, delay.priority, now: now) { count += 1 }
        }
        return count
    }

    private mutating func enqueue(_ key: Key, _ priority: WorkPriority, since: Duration) {
        nextTurn += 1
        waiting[key] = Waiting(priority: priority, since: since, turn: nextTurn)
        let turn = Turn(key: key, number: nextTurn)
        guard priority == .low else {
            normalTurns.append(turn)
            return
        }
        lowCount += 1
        lowTurns.append(turn)
        // Only keys of low priority ever leave their turn, by being raised.
        if lowTurns.count > 2 * lowCount + 64 { lowTurns.removeAll { waiting[$0.key]?.turn != $0.number } }
    }

    // MARK: Taking and finishing

    /// Hands out the next key, with how long it has waited.
    mutating func take(now: Duration) -> (key: Key, waited: Duration)? {
        guard !waiting.isEmpty else { return nil }
        let takesLow = lowCount > 0 && (lowCount == waiting.count || normalSinceLow >= Self.normalPerLow)
        while let turn = takesLow ? lowTurns.popFirst() : normalTurns.popFirst() {
            guard let entry = waiting[turn.key], entry.turn == turn.number else { continue }
            waiting[turn.key] = nil
            if takesLow { lowCount -= 1 }
            normalSinceLow = takesLow || lowCount == 0 ? 0 : normalSinceLow + 1
            processing[turn.key] = Processing(priority: entry.priority, since: now)
            return (turn.key, now - entry.since)
        }
        return nil
    }

    /// Takes a key back from its worker and decides when it comes again.
    ///
    /// - Returns: How long the worker held it; `nil` if none did.
    @discardableResult
    mutating func finish(_ key: Key, _ verdict: WorkVerdict, now: Duration) -> Duration? {
        guard let held = processing[key] else { return nil }
        switch verdict {
        case .settled, .abandoned: failures[key] = nil
        case .requeue(let delay):
            failures[key] = nil
            add(key, after: delay, held.priority, now: now)
        case .failed:
            let count = failureCount(key)
            failures[key] = count + 1
            add(key, after: retryDelay.delay(afterFailures: count, using: &generator), held.priority, now: now)
        }
        let again = processing[key]?.addedAgain
        processing[key] = nil
        if let again, !dropsWaiting { enqueue(key, again, since: now) }
        return now - held.since
    }

    // MARK: Ending

    /// Refuses new keys and forgets those that are delayed; with `dropsWaiting` also those that wait.
    mutating func shutDown(dropsWaiting: Bool) {
        isShutDown = true
        delayed = [:]
        alarms = Heap()
        self.dropsWaiting = dropsWaiting
        guard dropsWaiting else { return }
        waiting = [:]
        normalTurns = []
        lowTurns = []
        lowCount = 0
    }
}

extension WorkQueueState {
    /// The number of turns kept, void ones included.
    var storedTurns: Int { normalTurns.count + lowTurns.count }
    /// The number of alarms kept, void ones included.
    var storedAlarms: Int { alarms.count }
}
