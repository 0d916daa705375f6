// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// What is reported of sessions and their starts.
final class SessionMetrics: Sendable {
    /// What became of a server at a session's start.
    enum Outcome: String, Hashable, Sendable, CaseIterable {
        case connected
        case failed
    }

    private let known: Gauge
    private let outcomes: CaseCounters<Outcome>
    private let duration: Timer

    init(factory: any MetricsFactory) {
        known = Gauge(label: "gateway_sessions", dimensions: [], factory: factory)
        known.record(0)
        outcomes = CaseCounters("session_start_connections_total", dimension: "outcome", factory: factory)
        duration = Timer(
            label: "session_start_duration_seconds",
            dimensions: [],
            preferredDisplayUnit: .seconds,
            factory: factory
        )
    }

    func sessions(_ count: Int) { known.record(count) }

    func connected(_ outcome: Outcome) { outcomes.increment(outcome) }

    /// All servers of a session were tried.
    func started(_ time: Duration) { duration.recordNanoseconds(time.wholeNanoseconds) }
}
