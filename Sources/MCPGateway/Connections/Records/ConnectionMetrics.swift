// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// What connections report of themselves.
final class ConnectionMetrics: Sendable {
    private let requests: EndpointRequests
    private let grants: Gauge

    init(factory: any MetricsFactory, hosts: HostLabels) {
        requests = EndpointRequests(
            counter: "connection_requests_total",
            timer: "connection_request_duration_seconds",
            kind: "step",
            factory: factory,
            hosts: hosts
        )
        grants = Gauge(label: "connection_grants", dimensions: [], factory: factory)
        grants.record(0)
    }

    func grants(_ count: Int) { grants.record(count) }

    /// A request that was sent.
    ///
    /// - Parameters:
    ///   - step: Which.
    ///   - endpoint: Its URL, of which the host becomes a label.
    ///   - outcome: `granted`, or a code from a closed set.
    ///   - duration: From the request to the end of the answer.
    func sent(_ step: ConnectionStep, _ endpoint: String, outcome: String, _ duration: Duration) {
        requests.sent(step.rawValue, endpoint, outcome: outcome, duration)
    }
}
