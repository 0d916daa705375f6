// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HashTreeCollections

/// The table of routes at one moment; taking one is O(1) and it never changes.
package struct RouteSnapshot: Sendable {
    /// The revision of whoever published the table; 0 for an empty table that nobody has filled yet.
    package let revision: Int64
    /// A persistent map: keeping a copy costs only what changes afterwards.
    package let routes: TreeDictionary<RouteKey, VersionedRoute>

    package init(revision: Int64, routes: TreeDictionary<RouteKey, VersionedRoute>) {
        self.revision = revision
        self.routes = routes
    }

    /// What a gateway has before it has read anything.
    package static let empty = RouteSnapshot(revision: 0, routes: [:])

    /// The number of routes.
    package var count: Int { routes.count }

    /// The keys in no particular order.
    package var keys: [RouteKey] { Array(routes.keys) }

    /// The routes, sorted by key.
    package var sorted: [VersionedRoute] { routes.values.sorted { $0.route.key < $1.route.key } }

    /// The route of that key.
    package subscript(_ key: RouteKey) -> VersionedRoute? { routes[key] }
}
