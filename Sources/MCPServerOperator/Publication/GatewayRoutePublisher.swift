// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import NIOConcurrencyHelpers
package import RouteTable
import Timing

/// The table of routes of a cluster's operator, and what the gateways that read it have answered.
package final class GatewayRoutePublisher: RoutePublisher {
    private struct State: Sendable {
        var roster: GatewayRoster
        var quietUntil = Duration.zero

        func progress(of key: RouteKey, now: Duration) -> RouteProgress? {
            var progress = roster.progress(of: key, now: now)
            progress?.quiet = max(quietUntil - now, .zero)
            return progress
        }

        /// When to look at each of these routes, from now.
        func looks(at changed: [RouteKey], now: Duration) -> [RouteKey: Duration] {
            var looks: [RouteKey: Duration] = [:]
            for key in changed where looks[key] == nil {
                looks[key] = roster.progress(of: key, now: now)?.untilLate ?? .zero
            }
            return looks
        }
    }

    /// For so long after a start or a change of leader, a gateway that is not known may only not have reported yet.
    static let quietPeriod = Duration.seconds(45)

    /// The table, for whoever serves it to gateways.
    package let routes: RouteBroadcast
    private let state: NIOLockedValueBox<State>
    private let listener = NIOLockedValueBox<(@Sendable (RouteKey, Duration) -> Void)?>(nil)
    private let metrics: OperatorMetrics
    private let time: ElapsedTime

    /// Makes an empty table that no reader gets before it is opened.
    package init(metrics: OperatorMetrics, clock: any Clock<Duration>) {
        routes = RouteBroadcast(isOpen: false)
        state = NIOLockedValueBox(State(roster: GatewayRoster()))
        self.metrics = metrics
        time = ElapsedTime(clock)
    }

    package func publish(_ route: VersionedRoute) {
        let now = time.now
        // First, so that no gateway can answer for a version that is not expected.
        state.withLockedValue { $0.roster.publish(route.route.key, route.version, now: now) }
        if let count = routes.put(route) { metrics.published(total: count) }
    }

    package func hold(_ key: RouteKey) { routes.hold(key) }
    package func holds(_ key: RouteKey) -> Bool { routes.holds(key) }

    package func withdraw(_ key: RouteKey) {
        if let count = routes.remove(key) { metrics.withdrawn(total: count) }
        state.withLockedValue { $0.roster.withdraw(key) }
    }

    package func progress(of key: RouteKey) -> RouteProgress? {
        let now = time.now
        return state.withLockedValue { $0.progress(of: key, now: now) }
    }

    /// Takes in what a gateway says; whoever calls this has made sure that `instance` is that gateway's own name.
    package func receive(_ report: GatewayReport, from instance: String) -> ReportVerdict {
        let now = time.now
        let (reception, changes, count) = state.withLockedValue { state in
            let (reception, changed) = state.roster.take(report, from: instance, now: now)
            return (reception, state.looks(at: changed, now: now), state.roster.count)
        }
        metrics.received(reception, gateways: count)
        tell(changes)
        return reception == .taken ? .accepted : .needsFull
    }

    /// Lets nothing that gateways have not said yet count against a route for a while: the process has begun, or leads
    /// from now on.
    package func beginQuietPeriod() {
        let now = time.now
        state.withLockedValue { $0.quietUntil = now + Self.quietPeriod }
    }

    /// Tells of each route whose progress changes without it being published, and when to look at it: at once, or once
    /// a gateway has been behind for long enough to be called late.
    func onChange(_ body: @escaping @Sendable (RouteKey, Duration) -> Void) {
        listener.withLockedValue { $0 = body }
    }

    /// Forgets gateways that have fallen silent, until the task is cancelled.
    ///
    /// - Throws: `CancellationError`.
    package func run() async throws {
        while true {
            let now = time.now
            let (changes, next, count) = state.withLockedValue { state in
                let changed = state.roster.expire(now: now)
                return (state.looks(at: changed, now: now), state.roster.nextExpiry, state.roster.count)
            }
            metrics.know(gateways: count)
            tell(changes)
            // A gateway that comes meanwhile is gone no sooner than this.
            try await time.sleep(until: min(next ?? .seconds(Int64.max), now + GatewayRoster.silence))
        }
    }

    private func tell(_ changes: [RouteKey: Duration]) {
        guard !changes.isEmpty, let listener = listener.withLockedValue({ $0 }) else { return }
        for (key, delay) in changes { listener(key, delay) }
    }
}
