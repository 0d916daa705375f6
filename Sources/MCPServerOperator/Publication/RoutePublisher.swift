// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import RouteTable

/// Hands routes to the gateways and knows what they hold.
///
/// Nothing here waits: a publisher keeps a table, and whoever serves it to gateways reads that table.
package protocol RoutePublisher: Sendable {
    /// Puts the route into the table; the same version again changes nothing.
    func publish(_ route: VersionedRoute)
    /// Takes the route out of the table; nothing happens if there is none.
    func withdraw(_ key: RouteKey)
    /// How far the newest version of the route has come; `nil` if there is none.
    func progress(of key: RouteKey) -> RouteProgress?
}
