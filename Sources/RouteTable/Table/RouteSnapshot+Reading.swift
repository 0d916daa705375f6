// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HashTreeCollections

extension RouteSnapshot {
    /// The keys in no particular order.
    package var keys: [RouteKey] { Array(routes.keys) }

    /// The routes by namespace and name.
    package var sortedRoutes: [VersionedRoute] { routes.values.sorted { $0.route.key < $1.route.key } }
}
