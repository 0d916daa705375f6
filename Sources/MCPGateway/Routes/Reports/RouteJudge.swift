// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
package import RouteTable

/// Says what becomes of a route at this gateway.
package protocol RouteJudge: Sendable {
    /// Whether requests may use the route, by the gateway's own configuration.
    ///
    /// Called for each route that changed, and for all of them every 15 s, so that a verdict may change by itself.
    func judge(_ route: VersionedRoute) -> GatewayReport.Outcome
}

extension GatewayReport.Entry {
    /// Tells of a route that may not be used; of another one there is nothing to tell.
    func logRefusal(to logger: Logger) {
        guard case .rejected(let reason, let message) = outcome else { return }
        logger.warning(
            "This gateway's configuration does not permit a route",
            metadata: ["mcpserver": "\(key)", "reason": "\(reason)", "message": "\(message)"]
        )
    }
}
