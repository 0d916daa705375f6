// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// What a work queue reports, under the names controller-runtime's dashboards expect.
struct WorkQueueMetrics: Sendable {
    private let adds: Counter
    private let retries: Counter
    private let depthNormal: Gauge
    private let depthLow: Gauge
    private let waited: Recorder
    private let worked: Recorder
    private let unfinished: Gauge
    private let longestRunning: Gauge

    init(name: String, factory: any MetricsFactory) {
        let labels = [("name", name), ("controller", name)]
        adds = Counter(label: "workqueue_adds_total", dimensions: labels, factory: factory)
        retries = Counter(label: "workqueue_retries_total", dimensions: labels, factory: factory)
        // controller-runtime's numbers for the two priorities.
        depthNormal = Gauge(label: "workqueue_depth", dimensions: labels + [("priority", "0")], factory: factory)
        depthLow = Gauge(label: "workqueue_depth", dimensions: labels + [("priority", "-100")], factory: factory)
        waited = Recorder(
            label: "workqueue_queue_duration_seconds",
            dimensions: labels,
            aggregate: true,
            factory: factory
        )
        worked = Recorder(
            label: "workqueue_work_duration_seconds",
            dimensions: labels,
            aggregate: true,
            factory: factory
        )
        unfinished = Gauge(label: "workqueue_unfinished_work_seconds", dimensions: labels, factory: factory)
        longestRunning = Gauge(
            label: "workqueue_longest_running_processor_seconds",
            dimensions: labels,
            factory: factory
        )
        for counter in [adds, retries] { counter.increment(by: 0) }
        for gauge in [depthNormal, depthLow, unfinished, longestRunning] { gauge.record(0) }
    }

    func added() { adds.increment() }

    func depth(low: Int, normal: Int) {
        depthLow.record(low)
        depthNormal.record(normal)
    }

    func taken(after duration: Duration) { waited.record(duration.inSeconds) }

    func finished(after duration: Duration, isRetried: Bool) {
        worked.record(duration.inSeconds)
        if isRetried { retries.increment() }
    }

    func inProgress(_ durations: [Duration]) {
        unfinished.record(durations.reduce(0) { $0 + $1.inSeconds })
        longestRunning.record(durations.map(\.inSeconds).max() ?? 0)
    }
}

extension Duration {
    /// The duration in seconds, as metrics record it.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
