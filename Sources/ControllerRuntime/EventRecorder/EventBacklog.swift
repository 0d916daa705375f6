// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import KubernetesAPI

/// The events that wait to be posted; a value, so that its rules are tested without a server.
struct EventBacklog: Sendable {
    /// An event and when it happened, since 1970.
    struct Entry: Sendable {
        var event: RecordedEvent
        var time: MicroTime
    }

    private var queue = Deque<Entry>()
    private var queued: Set<RecordedEvent> = []
    private let limit: Int
    /// How many were refused because the backlog was full.
    private(set) var dropped = 0

    init(limit: Int) { self.limit = limit }

    var count: Int { queue.count }

    /// What became of an event.
    enum Admission: Hashable, Sendable {
        case queued
        /// The same event already waits.
        case duplicate
        case full
    }

    mutating func add(_ event: RecordedEvent, at time: MicroTime) -> Admission {
        if queued.contains(event) { return .duplicate }
        guard queue.count < limit else {
            dropped += 1
            return .full
        }
        queued.insert(event)
        queue.append(Entry(event: event, time: time))
        return .queued
    }

    mutating func next() -> Entry? {
        guard let entry = queue.popFirst() else { return nil }
        queued.remove(entry.event)
        return entry
    }
}
