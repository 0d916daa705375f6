// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI
package import Metrics
import NIOConcurrencyHelpers

/// What the operator counts about servers, routes, statuses and gateways.
package final class OperatorMetrics: Sendable {
    private let servers: StateGauges<ServerState>
    private let programming: StateGauges<ProgrammingState>
    private let routes: Gauge
    private let gateways: Gauge
    private let publications: Counter
    private let withdrawals: Counter
    private let statusWrites: Counter
    private let reports: [GatewayRoster.Reception: Counter]

    /// - Parameter factory: Where the series are made; all of them at once, at zero.
    package init(factory: any MetricsFactory) {
        servers = StateGauges(label: "sallyport_mcpservers", factory: factory)
        programming = StateGauges(label: "sallyport_route_programming", factory: factory)
        routes = Gauge(label: "sallyport_routes", factory: factory)
        gateways = Gauge(label: "sallyport_gateways", factory: factory)
        for gauge in [routes, gateways] { gauge.record(0) }
        publications = Counter(label: "sallyport_route_publications_total", factory: factory)
        withdrawals = Counter(label: "sallyport_route_withdrawals_total", factory: factory)
        statusWrites = Counter(label: "sallyport_status_writes_total", factory: factory)
        reports = Dictionary(
            uniqueKeysWithValues: GatewayRoster.Reception.allCases.map { reception in
                let dimensions = [("result", reception.rawValue)]
                let label = "sallyport_gateway_reports_total"
                return (reception, Counter(label: label, dimensions: dimensions, factory: factory))
            }
        )
        for counter in [publications, withdrawals, statusWrites] + reports.values { counter.increment(by: 0) }
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

    func received(_ reception: GatewayRoster.Reception, gateways count: Int) {
        reports[reception]?.increment()
        know(gateways: count)
    }

    func know(gateways count: Int) { gateways.record(count) }

    /// Counts a server under its state and its route under how far it has come; `nil` when it is gone.
    func count(_ key: ObjectKey, as state: ServerState?, programmed reason: ConditionReason?) {
        servers.count(key, as: state)
        programming.count(key, as: reason.flatMap(ProgrammingState.init))
    }
}

/// How far a route has come, as the metric's label says it.
private enum ProgrammingState: String, CaseIterable {
    case programmed
    case lagging
    case rejected
    case unclaimed

    /// `nil` if there is no route.
    init?(_ reason: ConditionReason) {
        switch reason {
        case .published: self = .programmed
        case .gatewayLagging: self = .lagging
        case .gatewayRejected: self = .rejected
        case .noGateway: self = .unclaimed
        default: return nil
        }
    }
}
