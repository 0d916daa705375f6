// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import RouteTable

/// Hands routes to the gateways and knows what they hold.
///
/// Nothing here waits: a publisher keeps a table, and whoever serves it to gateways reads that table.
package protocol RoutePublisher: Sendable {
    /// Puts the route into the table; the same version again changes nothing.
    func publish(_ route: VersionedRoute)
    /// Nothing is known of the server's route at the moment: if there is none in the table, whoever has one from before
    /// keeps it.
    func hold(_ key: RouteKey)
    /// Whether the server's route is kept where it is, with none in the table.
    func holds(_ key: RouteKey) -> Bool
    /// Takes the route out of the table, and from whoever kept one; nothing happens if there is none.
    func withdraw(_ key: RouteKey)
    /// How far the newest version of the route has come; `nil` if there is none.
    func progress(of key: RouteKey) -> RouteProgress?
}
