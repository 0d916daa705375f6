// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import MCPServerAPI
package import RouteTable

/// Hands routes to the gateways and knows what they hold.
///
/// Nothing here waits: a publisher keeps a table, and whoever serves it to gateways reads that table.
package protocol RoutePublisher: Sendable {
    /// Puts the route into the table; the same version again changes nothing.
    func publish(_ route: VersionedRoute)
    /// Takes the route out of the table; nothing happens if there is none.
    func withdraw(_ key: RouteKey)
    /// How far the route of this key has come.
    func programming(of key: RouteKey) -> RouteProgramming
}

/// How far a route has come on its way to the gateways.
package enum RouteProgramming: Hashable, Sendable {
    /// There is no route.
    case withheld
    /// There is a route, and no gateway to take it.
    case noGateway
    /// Every gateway that counts uses the newest version.
    case published(gateways: Int)

    /// The condition that says so.
    package var condition: ConditionState {
        switch self {
        case .withheld:
            ConditionState(.withheld, "No route is published, because the server is not accepted or not resolved.")
        case .noGateway:
            ConditionState(
                .noGateway,
                "The route is ready, and no gateway is connected to take it. Start a gateway."
            )
        case .published(let gateways):
            ConditionState(
                .published,
                gateways == 1 ? "The gateway serves the route." : "All \(gateways) gateways serve the route."
            )
        }
    }
}
