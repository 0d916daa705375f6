// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// How far the newest version of a route has come at the gateways that count.
package struct RouteProgress: Hashable, Sendable {
    /// A gateway that has not answered for the version.
    package struct Laggard: Hashable, Sendable {
        /// The instance.
        package var gateway: String
        /// How long it has been without the newest version, whichever that was at the time.
        package var lag: Duration

        package init(gateway: String, lag: Duration) {
            self.gateway = gateway
            self.lag = lag
        }
    }

    /// A gateway that refuses the version.
    package struct Rejection: Hashable, Sendable {
        /// The instance.
        package var gateway: String
        /// In the gateway's words.
        package var reason: String
        /// In the gateway's words; may be empty.
        package var message: String

        package init(gateway: String, reason: String, message: String) {
            self.gateway = gateway
            self.reason = reason
            self.message = message
        }
    }

    /// The gateways that count.
    package var gateways: Int
    /// Those of them that use the version.
    package var programmed: Int
    /// Sorted by name.
    package var laggards: [Laggard] = []
    /// Sorted by name.
    package var rejections: [Rejection] = []
    /// How long the version has been in the table.
    package var age: Duration = .zero
    /// For how long there may still be gateways that nobody has heard of, because the operator has only just begun.
    package var quiet: Duration = .zero

    package init(gateways: Int, programmed: Int) {
        self.gateways = gateways
        self.programmed = programmed
    }
}
