// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// What an elector reports, under client-go's names.
struct LeaderElectionMetrics: Sendable {
    private let master: Gauge
    private let slowPath: Counter

    init(name: String, factory: any MetricsFactory) {
        let labels = [("name", name)]
        master = Gauge(label: "leader_election_master_status", dimensions: labels, factory: factory)
        slowPath = Counter(label: "leader_election_slowpath_total", dimensions: labels, factory: factory)
        master.record(0)
        slowPath.increment(by: 0)
    }

    func leads(_ leads: Bool) { master.record(leads ? 1 : 0) }
    func tookSlowPath(_ times: Int) { if times > 0 { slowPath.increment(by: times) } }
}
