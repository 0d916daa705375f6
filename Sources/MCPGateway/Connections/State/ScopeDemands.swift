// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Scopes that servers demanded of users beyond what they had consented to, to be asked for the next time.
///
/// At most three demands in ten minutes, so that a server that is never content does not send its users from one page to the
/// next.
struct ScopeDemands: Sendable {
    private struct Demand: Sendable {
        var scopes: ScopeList
        var times: [Duration]
    }

    static let limit = 3
    static let period = Duration.seconds(600)

    private var demands: BoundedTable<Caller, Demand>

    init(limit: Int) { demands = BoundedTable(limit: limit) }

    /// What to ask a user for besides.
    func scopes(_ caller: Caller) -> ScopeList { demands[caller]?.scopes ?? ScopeList([]) }

    /// Notes a demand.
    ///
    /// - Returns: `false` if there were too many.
    mutating func add(_ scopes: ScopeList, of caller: Caller, at now: Duration) -> Bool {
        var demand = demands[caller] ?? Demand(scopes: ScopeList([]), times: [])
        demand.times.removeAll { $0 + Self.period <= now }
        guard demand.times.count < Self.limit else { return false }
        demand.times.append(now)
        demand.scopes = ScopeList(demand.scopes.union(scopes).scopes.prefix(ScopeSelection.limit))
        demands.set(demand, for: caller)
        return true
    }

    /// Asks for nothing further: the user has been asked, or what was demanded means nothing any more.
    ///
    /// How often it was demanded still counts.
    mutating func settle(_ caller: Caller) {
        guard var demand = demands[caller] else { return }
        demand.scopes = ScopeList([])
        demands.set(demand, for: caller)
    }

    mutating func removeAll(where isGone: (Caller) -> Bool) { demands.removeAll { caller, _ in isGone(caller) } }
}
