// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
package import RouteTable

/// A table of routes in this process.
package final class InMemoryRoutePublisher: RoutePublisher {
    private struct State {
        var routes: [RouteKey: VersionedRoute] = [:]
        var revision: UInt64 = 0
    }
    private let state = NIOLockedValueBox(State())
    private let countsAsGateway: Bool
    private let metrics: OperatorMetrics

    /// `countsAsGateway` says that this process serves the table itself, so that a route in it is in use.
    package init(countsAsGateway: Bool, metrics: OperatorMetrics) {
        self.countsAsGateway = countsAsGateway
        self.metrics = metrics
    }

    /// The routes at this moment, with their credentials.
    package var routes: [RouteKey: VersionedRoute] { state.withLockedValue { $0.routes } }

    /// Counts the changes of the table.
    package var revision: UInt64 { state.withLockedValue { $0.revision } }

    package func publish(_ route: VersionedRoute) {
        let count = state.withLockedValue { state -> Int? in
            guard state.routes[route.route.key]?.version != route.version else { return nil }
            state.routes[route.route.key] = route
            state.revision += 1
            return state.routes.count
        }
        if let count { metrics.published(total: count) }
    }

    package func withdraw(_ key: RouteKey) {
        let count = state.withLockedValue { state -> Int? in
            guard state.routes.removeValue(forKey: key) != nil else { return nil }
            state.revision += 1
            return state.routes.count
        }
        if let count { metrics.withdrawn(total: count) }
    }

    package func programming(of key: RouteKey) -> RouteProgramming {
        guard state.withLockedValue({ $0.routes[key] != nil }) else { return .withheld }
        return countsAsGateway ? .published(gateways: 1) : .noGateway
    }
}
