// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import RouteTable

/// The verdicts on all routes of the table, which the reports to all replicas are written from.
final class JudgedRoutes: Sendable {
    private struct State: Sendable {
        var revision: Int64 = 0
        var isKnown = false
        var entries: [RouteKey: GatewayReport.Entry] = [:]
    }

    private let judge: any RouteJudge
    private let state = NIOLockedValueBox(State())

    init(_ judge: any RouteJudge) { self.judge = judge }

    /// Whether there is a table at all; before that, nothing is reported.
    var isKnown: Bool { state.withLockedValue { $0.isKnown } }

    /// The revision of the table and all verdicts.
    var all: (revision: Int64, entries: [RouteKey: GatewayReport.Entry]) {
        state.withLockedValue { ($0.revision, $0.entries) }
    }

    /// The verdicts on some routes; those that are gone are left out.
    func entries(for keys: Set<RouteKey>) -> (revision: Int64, entries: [GatewayReport.Entry]) {
        state.withLockedValue { state in (state.revision, keys.compactMap { state.entries[$0] }) }
    }

    /// Judges what may be different.
    ///
    /// - Returns: The verdicts that are new or not the same as before.
    func update(_ picture: LiveRoutes.Picture, _ touched: RouteChanges.Touched) -> [GatewayReport.Entry] {
        guard picture.hasSynced else { return [] }
        let judged: [GatewayReport.Entry]
        switch touched {
        case .everything: judged = picture.snapshot.sorted.map(verdict)
        case .keys(let keys): judged = keys.compactMap { picture.snapshot[$0].map(verdict) }
        }
        return state.withLockedValue { state in
            state.revision = picture.snapshot.revision
            state.isKnown = true
            let before: [RouteKey: GatewayReport.Entry]
            switch touched {
            case .everything:
                before = state.entries
                state.entries = [:]
            case .keys(let keys):
                before = Dictionary(
                    uniqueKeysWithValues: keys.compactMap { key in state.entries[key].map { (key, $0) } }
                )
                for key in keys { state.entries[key] = nil }
            }
            for entry in judged { state.entries[entry.key] = entry }
            return judged.filter { before[$0.key] != $0 }
        }
    }

    private func verdict(_ route: VersionedRoute) -> GatewayReport.Entry {
        GatewayReport.Entry(key: route.route.key, version: route.version, outcome: judge.judge(route))
    }
}
