// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// What connections report of themselves.
final class ConnectionMetrics: Sendable {
    private let factory: any MetricsFactory
    private let hosts: HostLabels
    private let grants: Gauge

    init(factory: any MetricsFactory, hosts: HostLabels) {
        self.factory = factory
        self.hosts = hosts
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
        let dimensions = [("step", step.rawValue), ("endpoint", hosts.label(endpoint)), ("outcome", outcome)]
        Counter(label: "connection_requests_total", dimensions: dimensions, factory: factory).increment()
        let timer = Timer(
            label: "connection_request_duration_seconds",
            dimensions: Array(dimensions.prefix(2)),
            preferredDisplayUnit: .seconds,
            factory: factory
        )
        timer.recordNanoseconds(duration.wholeNanoseconds)
    }
}
