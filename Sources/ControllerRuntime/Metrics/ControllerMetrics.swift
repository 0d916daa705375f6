// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// What a controller reports, under the names controller-runtime's dashboards expect.
struct ControllerMetrics: Sendable {
    private let succeeded: Counter
    private let failed: Counter
    private let requeuedAfter: Counter
    private let errors: Counter
    private let terminalErrors: Counter
    private let timeouts: Counter
    private let duration: Recorder
    private let active: Meter

    init(name: String, workers: Int, factory: any MetricsFactory) {
        let labels = [("controller", name)]
        func counter(_ label: String, _ more: [(String, String)] = []) -> Counter {
            let counter = Counter(label: label, dimensions: labels + more, factory: factory)
            // So that a rate is right from the first occurrence on.
            counter.increment(by: 0)
            return counter
        }
        succeeded = counter("controller_runtime_reconcile_total", [("result", "success")])
        failed = counter("controller_runtime_reconcile_total", [("result", "error")])
        requeuedAfter = counter("controller_runtime_reconcile_total", [("result", "requeue_after")])
        // Dashboards ask for these two; nothing here can raise them.
        _ = counter("controller_runtime_reconcile_total", [("result", "requeue")])
        _ = counter("controller_runtime_reconcile_panics_total")
        errors = counter("controller_runtime_reconcile_errors_total")
        terminalErrors = counter("controller_runtime_terminal_reconcile_errors_total")
        timeouts = counter("controller_runtime_reconcile_timeouts_total")
        duration = Recorder(
            label: "controller_runtime_reconcile_time_seconds",
            dimensions: labels,
            aggregate: true,
            factory: factory
        )
        active = Meter(label: "controller_runtime_active_workers", dimensions: labels, factory: factory)
        active.set(0)
        Meter(label: "controller_runtime_max_concurrent_reconciles", dimensions: labels, factory: factory).set(workers)
    }

    /// Counts a worker that has taken a key (+1) or handed it back (-1).
    func activeWorkers(_ change: Double) {
        if change > 0 { active.increment(by: change) } else { active.decrement(by: -change) }
    }

    func reconciled(_ result: ReconcileResult, in elapsed: Duration) {
        duration.record(elapsed.inSeconds)
        switch result {
        case .settled: succeeded.increment()
        case .requeued: requeuedAfter.increment()
        case .failed, .timedOut, .abandoned:
            failed.increment()
            errors.increment()
        }
        if case .abandoned = result { terminalErrors.increment() }
        if case .timedOut = result { timeouts.increment() }
    }
}
