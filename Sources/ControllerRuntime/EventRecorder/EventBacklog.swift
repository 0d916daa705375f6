// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import KubernetesAPI

/// The events that wait to be posted; a value, so that its rules are tested without a server.
struct EventBacklog: Sendable {
    /// What waits.
    private enum Entry: Sendable {
        case first(Event)
        /// The series as it is when its turn comes.
        case series(EventCorrelator.Key)
        case last(Event)
    }
    /// What the server is asked to do.
    enum Errand: Hashable, Sendable {
        case post(Event)
        case update(Event)
    }
    /// What became of an event.
    enum Admission: Hashable, Sendable {
        case queued
        /// It is part of a series the server knows, or will hear of.
        case counted
        case suppressed
        case full
    }

    private var queue = Deque<Entry>()
    private var correlator = EventCorrelator()
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var count: Int { queue.count }
    /// When there is next something to tell without a new event.
    var nextDue: Duration? { correlator.nextDue }

    /// Takes an event in, at that time of the clock and of the day; `make` makes what would be posted.
    mutating func add(
        _ event: RecordedEvent,
        at now: Duration,
        time: MicroTime,
        _ make: () -> Event
    ) -> Admission {
        let key = EventCorrelator.Key(event)
        switch correlator.record(key, at: now, time: time, make) {
        case .post:
            guard queue.count < limit, let first = correlator.event(key) else {
                correlator.forget(key)
                return .full
            }
            queue.append(.first(first))
            return .queued
        case .update:
            // Without room the refresh tells of it.
            guard queue.count < limit else { return .counted }
            queue.append(.series(key))
            return .queued
        case .counted: return .counted
        case .suppressed: return .suppressed
        }
    }

    /// Queues what is due because time has passed.
    ///
    /// - Returns: How many updates found no room.
    mutating func collectDue(at now: Duration) -> Int {
        let due = correlator.due(at: now)
        let room = max(limit - queue.count, 0)
        for event in due.prefix(room) { queue.append(.last(event)) }
        return max(due.count - room, 0)
    }

    mutating func next(at now: Duration) -> Errand? {
        while let entry = queue.popFirst() {
            switch entry {
            case .first(let event): return .post(event)
            case .last(let event): return .update(event)
            case .series(let key):
                if let event = correlator.update(key, at: now) { return .update(event) }
            }
        }
        return nil
    }
}
