// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import RouteTable

/// The table of a process that serves it itself, so that a route in it is in use.
package final class InProcessRoutePublisher: RoutePublisher {
    /// The table, for the gateway of this process and for whoever else reads it.
    package let routes = RouteBroadcast()
    private let metrics: OperatorMetrics

    package init(metrics: OperatorMetrics) { self.metrics = metrics }

    package func publish(_ route: VersionedRoute) {
        if let count = routes.put(route) { metrics.published(total: count) }
    }

    // Nobody has a route from before this process.
    package func hold(_ key: RouteKey) {}
    package func holds(_ key: RouteKey) -> Bool { false }

    package func withdraw(_ key: RouteKey) {
        if let count = routes.remove(key) { metrics.withdrawn(total: count) }
    }

    package func progress(of key: RouteKey) -> RouteProgress? {
        routes[key] == nil ? nil : RouteProgress(gateways: 1, programmed: 1)
    }
}
