// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// What a reporter reports of itself.
struct ReportMetrics: Sendable {
    private let accepted: Counter
    private let conflicts: Counter
    private let refused: Counter
    private let unreachable: Counter
    private let replicas: Gauge

    init(factory: any MetricsFactory) {
        func counter(_ result: String) -> Counter {
            let counter = Counter(
                label: "route_table_reports_total",
                dimensions: [("result", result)],
                factory: factory
            )
            counter.increment(by: 0)
            return counter
        }
        accepted = counter("accepted")
        conflicts = counter("conflict")
        refused = counter("refused")
        unreachable = counter("unreachable")
        replicas = Gauge(label: "route_table_replicas", dimensions: [], factory: factory)
        replicas.record(0)
    }

    func sent(_ answer: ReplicaDelivery.Answer) {
        switch answer {
        case .accepted: accepted.increment()
        case .conflict: conflicts.increment()
        case .refused: refused.increment()
        case .unreachable: unreachable.increment()
        }
    }

    func replicas(_ count: Int) { replicas.record(count) }
}
