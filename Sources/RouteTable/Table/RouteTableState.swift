// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HashTreeCollections

/// A reader's table: builds the new one beside the old one, and swaps when the stream says that it is complete.
///
/// | state | RESET | PUT | KEEP | DELETE | SYNCED | HEARTBEAT | stream lost |
/// |---|---|---|---|---|---|---|---|
/// | disconnected | building | error | error | error | error | error | disconnected |
/// | building | building, anew | building | building | error | following: table swapped | building | disconnected |
/// | following | building | following: table changed | error | following: table changed | error | following | disconnected |
///
/// The table that is served is never touched by a stream that breaks off while building.
package struct RouteTableState: Sendable {
    /// What an event did to the table that is served.
    package enum Change: Sendable {
        case none
        /// The whole table is another one.
        case swapped(RouteSnapshot)
        /// One route came, changed or went.
        case changed(RouteSnapshot, RouteKey)
    }

    private enum Phase: Sendable {
        case disconnected
        /// `lacking` are the keys to be kept of which there is no route here.
        case building(TreeDictionary<RouteKey, VersionedRoute>, lacking: Set<RouteKey>, count: Int)
        case following
    }

    /// The table to serve; kept when the stream is lost.
    package private(set) var snapshot = RouteSnapshot.empty
    /// Whether a whole table has arrived since the state was made.
    package private(set) var hasSynced = false
    private var phase = Phase.disconnected

    package init() {}

    /// Whether the table is as new as the stream.
    package var isFollowing: Bool {
        if case .following = phase { true } else { false }
    }

    /// The number of routes that arrived of a table that is not complete yet.
    package var pendingCount: Int {
        if case .building(let routes, _, _) = phase { routes.count } else { 0 }
    }

    /// Takes one event in.
    ///
    /// - Throws: ``RouteStreamError`` if the event cannot come now; the stream is then not to be trusted any further.
    package mutating func apply(_ event: RouteEvent) throws(RouteStreamError) -> Change {
        switch (phase, event) {
        case (_, .reset(_, let count)):
            phase = .building([:], lacking: [], count: count)
            return .none
        case (.building(var routes, let lacking, let count), .put(_, let route)):
            // Lets go of the map, so that it is changed in place.
            phase = .disconnected
            routes[route.route.key] = route
            phase = .building(routes, lacking: lacking, count: count)
            return .none
        case (.building(var routes, var lacking, let count), .keep(let key)):
            phase = .disconnected
            if let route = snapshot[key] { routes[key] = route } else { lacking.insert(key) }
            phase = .building(routes, lacking: lacking, count: count)
            return .none
        case (.building(let routes, let lacking, let count), .synced(let revision)):
            let sent = routes.count + lacking.count
            guard sent == count else {
                throw RouteStreamError(
                    .incomplete,
                    "The stream announced \(count) routes and sent \(sent). The connection is made anew."
                )
            }
            phase = .following
            hasSynced = true
            snapshot = RouteSnapshot(revision: revision, routes: routes)
            return .swapped(snapshot)
        case (.building, .heartbeat), (.following, .heartbeat): return .none
        case (.following, .put(let revision, let route)):
            return try change(to: revision, route.route.key) { $0[route.route.key] = route }
        case (.following, .delete(let revision, let key)):
            return try change(to: revision, key) { $0[key] = nil }
        case (.disconnected, _), (.building, .delete), (.following, .keep), (.following, .synced):
            throw RouteStreamError(
                .unexpectedEvent,
                "The stream sent \(event.kind.rawValue) where it cannot come. Check that both sides are of one version."
            )
        }
    }

    /// The stream is gone; what is served stays.
    package mutating func disconnect() { phase = .disconnected }

    private mutating func change(
        to revision: Int64,
        _ key: RouteKey,
        _ body: (inout TreeDictionary<RouteKey, VersionedRoute>) -> Void
    ) throws(RouteStreamError) -> Change {
        guard revision > snapshot.revision else {
            throw RouteStreamError(
                .unexpectedEvent,
                "The stream sent revision \(revision) after \(snapshot.revision). The connection is made anew."
            )
        }
        var routes = snapshot.routes
        body(&routes)
        snapshot = RouteSnapshot(revision: revision, routes: routes)
        return .changed(snapshot, key)
    }
}
