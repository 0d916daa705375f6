// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import HashTreeCollections

/// The table of routes and its latest changes, from which any number of readers is served.
///
/// A reader is only a revision, so a slow one costs nothing: once it has fallen out of the recent changes it starts
/// over with the whole table. Each change is encoded once.
package struct RouteLog: Sendable {
    /// How far a reader may be behind before it starts over.
    package struct Limits: Hashable, Sendable {
        /// Changes.
        package var changes: Int
        /// Bytes of encoded changes.
        package var bytes: Int

        package init(changes: Int = 10_000, bytes: Int = 8 << 20) {
            self.changes = changes
            self.bytes = bytes
        }
    }

    /// Counts the changes since the log was made; means nothing to another replica.
    package private(set) var revision: Int64 = 0
    private var routes: TreeDictionary<RouteKey, VersionedRoute> = [:]
    private var lines: TreeDictionary<RouteKey, RouteLine> = [:]
    /// Servers without a route here, of which readers may have one from before.
    private var held: Set<RouteKey> = []
    /// The lines of the latest changes, without gaps; the last one made ``revision``.
    private var recent: Deque<RouteLine> = []
    private var recentBytes = 0
    private let limits: Limits

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// The number of routes.
    package var count: Int { routes.count }

    /// The route of that key.
    package subscript(_ key: RouteKey) -> VersionedRoute? { routes[key] }

    /// The routes at this moment, O(1).
    package var snapshot: RouteSnapshot { RouteSnapshot(revision: revision, routes: routes) }

    /// The whole table as lines, each route with the revision that it was last changed by.
    package var tableLines: [RouteLine] { Array(lines.values) + held.map { RouteLine(.keep($0)) } }

    /// Puts a route into the table.
    ///
    /// - Returns: Whether it changed anything: the same version again does not.
    package mutating func put(_ route: VersionedRoute) -> Bool {
        guard routes[route.route.key]?.version != route.version else { return false }
        held.remove(route.route.key)
        revision += 1
        let line = RouteLine(.put(revision: revision, route))
        routes[route.route.key] = route
        lines[route.route.key] = line
        remember(line)
        return true
    }

    /// Lets readers keep the route that they may have of that key, if there is none in the table.
    ///
    /// Those that follow have it anyway, so this is no change.
    package mutating func hold(_ key: RouteKey) {
        if routes[key] == nil { held.insert(key) }
    }

    /// Whether readers keep what they have of that key.
    package func holds(_ key: RouteKey) -> Bool { held.contains(key) }

    /// Takes a route out of the table, and away from readers that were let keep one.
    ///
    /// - Returns: Whether there was one.
    package mutating func remove(_ key: RouteKey) -> Bool {
        let wasHeld = held.remove(key) != nil
        guard routes.removeValue(forKey: key) != nil || wasHeld else { return false }
        lines.removeValue(forKey: key)
        revision += 1
        remember(RouteLine(.delete(revision: revision, key)))
        return true
    }

    /// The changes after a revision, oldest first.
    ///
    /// - Parameters:
    ///   - cursor: The revision the reader has.
    ///   - bytes: Roughly how much to return: lines are added until they reach it, and one there is always.
    /// - Returns: None if the reader has everything; `nil` if it is too far behind and must start over.
    package func changes(after cursor: Int64, upTo bytes: Int) -> [RouteLine]? {
        let missing = revision - cursor
        guard missing >= 0, missing <= Int64(recent.count) else { return nil }
        var lines: [RouteLine] = []
        var size = 0
        for line in recent[(recent.count - Int(missing))...] {
            lines.append(line)
            size += line.bytes.count
            if size >= bytes { break }
        }
        return lines
    }

    private mutating func remember(_ line: RouteLine) {
        recent.append(line)
        recentBytes += line.bytes.count
        while recent.count > limits.changes || recentBytes > limits.bytes, let oldest = recent.popFirst() {
            recentBytes -= oldest.bytes.count
        }
    }
}
