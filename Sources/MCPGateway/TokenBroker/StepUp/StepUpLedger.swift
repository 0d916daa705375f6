// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// Remembers which scopes a server demanded besides, and how often it did.
///
/// A server says what it wants, and may want more each time; what it can get is bounded by the resource's `scopes` and
/// `stepUpScopes`, and by three attempts in ten minutes.
struct StepUpLedger: Sendable {
    /// A session at one server.
    struct Key: Hashable, Sendable {
        var identity: SessionIdentity
        var server: RouteKey
    }

    /// What becomes of a demand.
    enum Verdict: Hashable, Sendable {
        /// Ask for these.
        case obtain(ScopeList)
        /// Another request has stepped up meanwhile: use what there is.
        case useCurrent
        /// It was asked for and not granted; asking again would change nothing.
        case alreadyAsked
        /// The resource does not allow it.
        case notAllowed
        /// The server has demanded too often.
        case tooOften
    }

    private struct Entry: Sendable {
        var added = ScopeList([])
        var attempts = 0
        var since = Duration.zero
    }

    /// Attempts in one ``window``.
    static let attemptLimit = 3
    static let window = Duration.seconds(600)

    private var entries: BoundedTable<Key, Entry>

    init(limit: Int = 20_000) { entries = BoundedTable(limit: limit) }

    var count: Int { entries.count }

    /// What to ask for: what the resource asks for anyway, and what was demanded and is still allowed.
    func scopes(_ key: Key, base: ScopeList, stepUp: ScopeList) -> ScopeList {
        guard let entry = entries[key] else { return base }
        return base.union(ScopeList(entry.added.scopes.filter(stepUp.contains)))
    }

    /// Decides about a demand.
    ///
    /// - Parameters:
    ///   - key: Whose, and which server.
    ///   - demanded: The scopes of the challenge.
    ///   - held: What the token that was refused had been asked for with.
    ///   - base: The resource's `scopes`.
    ///   - stepUp: The resource's `stepUpScopes`.
    ///   - now: The time.
    /// - Returns: What to do; ``Verdict/obtain(_:)`` counts as an attempt.
    mutating func demand(
        _ key: Key,
        _ demanded: ScopeList,
        held: ScopeList,
        base: ScopeList,
        stepUp: ScopeList,
        at now: Duration
    ) -> Verdict {
        guard !demanded.scopes.isEmpty, demanded.isSubset(of: base.union(stepUp)) else { return .notAllowed }
        if demanded.isSubset(of: held) { return .alreadyAsked }
        let current = scopes(key, base: base, stepUp: stepUp)
        if demanded.isSubset(of: current) { return .useCurrent }
        var entry = entries[key] ?? Entry(since: now)
        if now - entry.since >= Self.window { (entry.attempts, entry.since) = (0, now) }
        guard entry.attempts < Self.attemptLimit else { return .tooOften }
        entry.attempts += 1
        let union = current.union(demanded)
        entry.added = ScopeList(union.scopes.filter { !base.contains($0) })
        entries.set(entry, for: key)
        return .obtain(union)
    }

    /// Takes back what could not be had, so that what worked before works on; the attempt still counts.
    mutating func revert(_ key: Key) {
        guard var entry = entries[key] else { return }
        entry.added = ScopeList([])
        entries.set(entry, for: key)
    }

    mutating func forget(where isGone: (Key) -> Bool) { entries.removeAll { key, _ in isGone(key) } }
}
