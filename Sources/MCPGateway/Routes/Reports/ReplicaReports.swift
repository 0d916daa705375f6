// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// What one replica of the operator has been told, and when it is told what next.
///
/// | situation | next report |
/// |---|---|
/// | never told, after 409, after an error | everything |
/// | something changed | the changes: at once if none went out within a second, else when it is over |
/// | nothing for 15 s | an empty one |
struct ReplicaReports: Sendable {
    /// The least time between two reports that say something.
    static let changeInterval = Duration.seconds(1)
    /// The longest time between two reports.
    static let beatInterval = Duration.seconds(15)

    enum Contents: Hashable, Sendable {
        case everything
        case changes(Set<RouteKey>)
        case nothing
    }

    enum Step: Hashable, Sendable {
        case send(Contents)
        /// Until then, or until something changes.
        case wait(Duration)
    }

    private var needsEverything = true
    /// Whether the last report failed.
    private(set) var hasFailed = false
    private var waiting: Set<RouteKey> = []
    /// What waits only because it was not known to be told: a report of it may be on its way.
    private var doubtful: [RouteKey: GatewayReport.Entry] = [:]
    private var told: [RouteKey: GatewayReport.Entry] = [:]
    private var lastChanges: Duration?
    private var lastReport = Duration.zero
    private var pausedUntil = Duration.zero

    /// The number of routes it remembers something of: never more than the table had.
    var size: Int { max(waiting.count, told.count) }

    /// These routes came, changed or went; they are told even if the verdict is the same as before.
    mutating func changed(_ keys: Set<RouteKey>, in entries: [RouteKey: GatewayReport.Entry]) {
        guard !needsEverything else { return }
        for key in keys {
            doubtful[key] = nil
            if entries[key] == nil {
                told[key] = nil
                waiting.remove(key)
            } else {
                waiting.insert(key)
            }
        }
    }

    /// All routes may be different; only what the replica does not know already is told.
    mutating func changedEverything(to entries: [RouteKey: GatewayReport.Entry]) {
        guard !needsEverything else { return }
        told = told.filter { entries[$0.key] != nil }
        waiting = waiting.filter { entries[$0] != nil }
        doubtful = doubtful.filter { entries[$0.key] != nil }
        for (key, entry) in entries where told[key] != entry {
            let isNew = waiting.insert(key).inserted
            if isNew || doubtful[key] != nil { doubtful[key] = entry }
        }
    }

    /// What to do now; a report that is returned has to be answered by ``delivered(_:of:)``, ``forgotten(after:)`` or
    /// ``failed(pause:at:)`` before the next call.
    mutating func step(at now: Duration) -> Step {
        guard now >= pausedUntil else { return .wait(pausedUntil - now) }
        if needsEverything {
            lastChanges = now
            lastReport = now
            needsEverything = false
            waiting = []
            doubtful = [:]
            return .send(.everything)
        }
        if !waiting.isEmpty {
            if let lastChanges, now < lastChanges + Self.changeInterval {
                return .wait(lastChanges + Self.changeInterval - now)
            }
            lastChanges = now
            lastReport = now
            defer { (waiting, doubtful) = ([], [:]) }
            return .send(.changes(waiting))
        }
        guard now >= lastReport + Self.beatInterval else { return .wait(lastReport + Self.beatInterval - now) }
        lastReport = now
        return .send(.nothing)
    }

    /// The replica has taken the report with these entries.
    mutating func delivered(_ entries: [GatewayReport.Entry], of contents: Contents) {
        hasFailed = false
        if contents == .everything { told = [:] }
        for entry in entries {
            told[entry.key] = entry
            guard doubtful[entry.key] == entry else { continue }
            doubtful[entry.key] = nil
            waiting.remove(entry.key)
        }
    }

    /// The replica answered 409: it knows nothing of this gateway.
    ///
    /// - Returns: `false` if it had just been told everything, which then is a failure.
    mutating func forgotten(after contents: Contents) -> Bool {
        guard contents != .everything else { return false }
        forget()
        return true
    }

    /// The report did not arrive, or nobody knows whether it did.
    ///
    /// - Returns: Whether it is the first failure since something worked.
    mutating func failed(pause: Duration, at now: Duration) -> Bool {
        forget()
        pausedUntil = now + pause
        defer { hasFailed = true }
        return !hasFailed
    }

    private mutating func forget() {
        needsEverything = true
        waiting = []
        doubtful = [:]
        told = [:]
    }
}
