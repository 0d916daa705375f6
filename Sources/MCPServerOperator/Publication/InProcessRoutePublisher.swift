// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
package import RouteTable
import Timing

/// The table of a process that serves it itself.
///
/// The gateway of the process says what becomes of each route. Where there is none, a route in the table is in use.
package final class InProcessRoutePublisher: RoutePublisher {
    private struct Entry: Sendable {
        var version: String
        var since: Duration
        /// `nil`: the gateway has not answered for this version.
        var outcome: GatewayReport.Outcome?
    }

    /// The table, for the gateway of this process and for whoever else reads it.
    package let routes = RouteBroadcast()
    private let gateway: String?
    private let entries = NIOLockedValueBox<[RouteKey: Entry]>([:])
    private let listener = NIOLockedValueBox<(@Sendable (RouteKey) -> Void)?>(nil)
    private let metrics: OperatorMetrics
    private let time: ElapsedTime

    /// - Parameters:
    ///   - metrics: Told of what is published.
    ///   - gateway: The name of the gateway in this process, whose answers count; `nil` if there is none.
    ///   - clock: Measures how long an answer takes.
    package init(
        metrics: OperatorMetrics,
        gateway: String? = nil,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.metrics = metrics
        self.gateway = gateway
        time = ElapsedTime(clock)
    }

    package func publish(_ route: VersionedRoute) {
        let now = time.now
        // First, so that no gateway can answer for a version that is not expected.
        entries.withLockedValue { entries in
            guard entries[route.route.key]?.version != route.version else { return }
            entries[route.route.key] = Entry(version: route.version, since: now)
        }
        if let count = routes.put(route) { metrics.published(total: count) }
    }

    // Nobody has a route from before this process.
    package func hold(_ key: RouteKey) {}
    package func holds(_ key: RouteKey) -> Bool { false }

    package func withdraw(_ key: RouteKey) {
        if let count = routes.remove(key) { metrics.withdrawn(total: count) }
        entries.withLockedValue { $0[key] = nil }
    }

    package func progress(of key: RouteKey) -> RouteProgress? {
        let now = time.now
        guard let entry = entries.withLockedValue({ $0[key] }) else { return nil }
        var progress = RouteProgress(gateways: 1, programmed: 0)
        progress.age = now - entry.since
        guard let gateway else {
            progress.programmed = 1
            return progress
        }
        switch entry.outcome {
        case .applied: progress.programmed = 1
        case .rejected(let reason, let message):
            progress.rejections = [RouteProgress.Rejection(gateway: gateway, reason: reason, message: message)]
        case nil: progress.laggards = [RouteProgress.Laggard(gateway: gateway, lag: progress.age)]
        }
        return progress
    }

    /// Takes in what the gateway of this process says; answers about other versions than the newest say nothing here.
    package func receive(_ report: GatewayReport) {
        let changed = entries.withLockedValue { entries in
            var changed: [RouteKey] = []
            for entry in report.entries {
                guard let known = entries[entry.key], known.version == entry.version, known.outcome != entry.outcome
                else { continue }
                entries[entry.key]?.outcome = entry.outcome
                changed.append(entry.key)
            }
            return changed
        }
        guard !changed.isEmpty, let listener = listener.withLockedValue({ $0 }) else { return }
        for key in changed { listener(key) }
    }

    /// Tells of each route of which the gateway says something new.
    package func onChange(_ body: @escaping @Sendable (RouteKey) -> Void) {
        listener.withLockedValue { $0 = body }
    }
}
