// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// Decides what is worth posting; a value, so that its rules are tested without a server.
///
/// The same event again is counted in a series rather than posted: same kind, reason and action, about the same object,
/// whatever its note. And an object about which there is too much to tell is told of less. Everything is bounded: past
/// ``limit`` what was quiet longest is forgotten.
struct EventCorrelator: Sendable {
    /// What makes two events the same.
    struct Key: Hashable, Sendable {
        let kind: Event.Kind
        let reason: String
        let action: String
        let object: ObjectIdentity

        init(_ event: RecordedEvent) {
            kind = event.kind
            reason = event.reason
            action = event.action
            object = ObjectIdentity(event.regarding)
        }
    }
    /// An object at any version.
    struct ObjectIdentity: Hashable, Sendable {
        let apiVersion: String
        let kind: String
        let key: ObjectKey
        let uid: String

        init(_ reference: ObjectReference) {
            apiVersion = reference.apiVersion
            kind = reference.kind
            key = reference.key
            uid = reference.uid
        }
    }
    private struct Series: Sendable {
        var event: Event
        var count = 1
        /// The count that the server was told, or is about to be.
        var toldCount = 1
        var lastTime: MicroTime
        var lastSeen: Duration
        var refreshAt: Duration
    }
    private struct Allowance: Sendable {
        var left: Double
        var at: Duration
    }

    /// How long a series is remembered after its last event; then the server gets its last count.
    static var silence: Duration { .seconds(360) }
    /// How often a series that goes on is told, so that the server does not forget its event.
    static var refreshPeriod: Duration { .seconds(1_800) }
    /// How many events about one object may be posted at once.
    static var burst: Double { 25 }
    /// How long it takes until one more may be.
    static var refillPeriod: Duration { .seconds(300) }

    private var series: [Key: Series] = [:]
    private var allowances: [ObjectIdentity: Allowance] = [:]
    private let limit: Int

    init(limit: Int = 4_096) { self.limit = max(limit, 1) }

    /// What becomes of an event.
    enum Verdict: Hashable, Sendable {
        case post
        /// It happened before: the server is told that there is a series.
        case update
        case counted
        /// Too many about this object.
        case suppressed
    }

    /// How many series and objects are remembered.
    var sizes: (series: Int, objects: Int) { (series.count, allowances.count) }

    /// Takes note of an event at that time of the clock and of the day; `event` makes what would be posted.
    mutating func record(
        _ key: Key,
        at now: Duration,
        time: MicroTime,
        _ event: () -> Event
    ) -> Verdict {
        if var known = series[key], now - known.lastSeen < Self.silence {
            known.count += 1
            known.lastTime = max(known.lastTime, time)
            known.lastSeen = now
            let isSecond = known.count == 2
            series[key] = known
            return isSecond ? .update : .counted
        }
        guard takeAllowance(key.object, at: now) else { return .suppressed }
        makeRoom(at: now)
        series[key] = Series(
            event: event(),
            lastTime: time,
            lastSeen: now,
            refreshAt: now + Self.refreshPeriod
        )
        return .post
    }

    /// The first event of a series as it is to be posted.
    func event(_ key: Key) -> Event? { series[key]?.event }

    /// The event with its series as it is now, if the server has not been told all of it.
    mutating func update(_ key: Key, at now: Duration) -> Event? {
        guard let known = series[key], known.count > known.toldCount else { return nil }
        series[key]?.toldCount = known.count
        series[key]?.refreshAt = now + Self.refreshPeriod
        return Self.event(of: known)
    }

    /// An event was not posted for want of room: when it happens again, it is the first.
    mutating func forget(_ key: Key) { series[key] = nil }

    /// What the server is to be told because time has passed.
    mutating func due(at now: Duration) -> [Event] {
        var updates: [Event] = []
        for (key, known) in series {
            let isOver = now - known.lastSeen >= Self.silence
            if isOver || now >= known.refreshAt {
                if let update = update(key, at: now) {
                    updates.append(update)
                } else {
                    series[key]?.refreshAt = now + Self.refreshPeriod
                }
            }
            if isOver { series[key] = nil }
        }
        return updates
    }

    /// When there is next something due; `nil` if never.
    var nextDue: Duration? {
        series.values.lazy.map { min($0.lastSeen + Self.silence, $0.refreshAt) }.min()
    }

    private static func event(of series: Series) -> Event {
        var event = series.event
        event.series = Event.Series(count: series.count, lastObservedTime: series.lastTime)
        return event
    }

    private mutating func takeAllowance(_ object: ObjectIdentity, at now: Duration) -> Bool {
        let left = left(allowances[object], at: now)
        if allowances[object] == nil { makeRoomForAllowance(at: now) }
        allowances[object] = Allowance(left: left >= 1 ? left - 1 : left, at: now)
        return left >= 1
    }

    private func left(_ allowance: Allowance?, at now: Duration) -> Double {
        guard let allowance else { return Self.burst }
        return min(Self.burst, allowance.left + (now - allowance.at) / Self.refillPeriod)
    }

    private mutating func makeRoom(at now: Duration) {
        guard series.count >= limit, let oldest = series.min(by: { $0.value.lastSeen < $1.value.lastSeen }) else {
            return
        }
        series[oldest.key] = nil
    }

    private mutating func makeRoomForAllowance(at now: Duration) {
        guard allowances.count >= limit else { return }
        // Who has a full allowance loses nothing by being forgotten.
        allowances = allowances.filter { left($0.value, at: now) < Self.burst }
        guard allowances.count >= limit, let oldest = allowances.min(by: { $0.value.at < $1.value.at }) else { return }
        allowances[oldest.key] = nil
    }
}
