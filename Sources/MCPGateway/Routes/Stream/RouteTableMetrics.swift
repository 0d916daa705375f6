// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics
import RouteTable

/// What a subscription reports.
struct RouteTableMetrics: Sendable {
    private let connections: Counter
    private let ends: [RouteStreamError.Code: Counter]
    private let replacements: Counter
    private let changes: [RouteEvent.Kind: Counter]
    private let following: Gauge
    private let routes: Gauge

    init(factory: any MetricsFactory) {
        func counter(_ label: String, _ dimensions: [(String, String)] = []) -> Counter {
            let counter = Counter(label: label, dimensions: dimensions, factory: factory)
            counter.increment(by: 0)
            return counter
        }
        connections = counter("route_table_connections_total")
        ends = Dictionary(
            uniqueKeysWithValues: RouteStreamError.Code.allCases.map {
                ($0, counter("route_table_stream_ends_total", [("cause", $0.rawValue)]))
            }
        )
        replacements = counter("route_table_replacements_total")
        changes = Dictionary(
            uniqueKeysWithValues: [RouteEvent.Kind.put, .delete].map {
                ($0, counter("route_table_changes_total", [("type", $0.rawValue.lowercased())]))
            }
        )
        following = Gauge(label: "route_table_following", dimensions: [], factory: factory)
        routes = Gauge(label: "route_table_routes", dimensions: [], factory: factory)
        following.record(0)
        routes.record(0)
    }

    func connecting() { connections.increment() }

    func lost(_ code: RouteStreamError.Code) {
        ends[code]?.increment()
        following.record(0)
    }

    func stale() { following.record(0) }

    func replaced(count: Int) {
        replacements.increment()
        following.record(1)
        routes.record(count)
    }

    func changed(_ kind: RouteEvent.Kind, count: Int) {
        changes[kind]?.increment()
        routes.record(count)
    }
}
