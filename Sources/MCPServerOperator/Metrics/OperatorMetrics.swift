// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI
package import Metrics
import NIOConcurrencyHelpers

/// What the operator counts about servers, routes and statuses.
package final class OperatorMetrics: Sendable {
    private let servers: [ServerState: Gauge]
    private let routes: Gauge
    private let publications: Counter
    private let withdrawals: Counter
    private let statusWrites: Counter
    private let states = NIOLockedValueBox<(of: [ObjectKey: ServerState], counts: [ServerState: Int])>(([:], [:]))

    /// - Parameter factory: Where the series are made; all of them at once, at zero.
    package init(factory: any MetricsFactory) {
        servers = Dictionary(
            uniqueKeysWithValues: ServerState.allCases.map { state in
                let gauge = Gauge(
                    label: "sallyport_mcpservers",
                    dimensions: [("state", state.rawValue)],
                    factory: factory
                )
                gauge.record(0)
                return (state, gauge)
            }
        )
        routes = Gauge(label: "sallyport_routes", factory: factory)
        routes.record(0)
        publications = Counter(label: "sallyport_route_publications_total", factory: factory)
        withdrawals = Counter(label: "sallyport_route_withdrawals_total", factory: factory)
        statusWrites = Counter(label: "sallyport_status_writes_total", factory: factory)
        for counter in [publications, withdrawals, statusWrites] { counter.increment(by: 0) }
    }

    func published(total: Int) {
        publications.increment()
        routes.record(total)
    }

    func withdrawn(total: Int) {
        withdrawals.increment()
        routes.record(total)
    }

    func wroteStatus() { statusWrites.increment() }

    /// Counts a server under its state; `nil` when it is gone.
    func count(_ key: ObjectKey, as state: ServerState?) {
        let changed = states.withLockedValue { states -> [(ServerState, Int)] in
            let before = states.of[key]
            guard before != state else { return [] }
            states.of[key] = state
            if let before { states.counts[before, default: 0] -= 1 }
            if let state { states.counts[state, default: 0] += 1 }
            return [before, state].compactMap { $0 }.map { ($0, states.counts[$0, default: 0]) }
        }
        for (state, count) in changed { servers[state]?.record(count) }
    }
}
