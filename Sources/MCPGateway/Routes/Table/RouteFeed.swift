// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import RouteTable

/// Fills ``LiveRoutes`` from a table in the same process, without a network.
package struct RouteFeed: Sendable {
    private let broadcast: RouteBroadcast
    private let routes: LiveRoutes

    package init(from broadcast: RouteBroadcast, into routes: LiveRoutes) {
        self.broadcast = broadcast
        self.routes = routes
    }

    /// Follows until the task is cancelled, or the broadcast is closed.
    package func run() async {
        var snapshot: RouteSnapshot? = broadcast.snapshot
        do {
            while let current = snapshot {
                routes.replace(with: current)
                snapshot = try await broadcast.snapshot(after: current.revision)
            }
            routes.stopFollowing("The operator in this process has ended.")
        } catch {
            // Cancellation: whoever cancels has no more use for the routes.
            routes.stopFollowing("The operator in this process is not followed any more.")
        }
    }
}
