// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
package import RouteTable
import Timing

/// The routes this gateway serves, whoever fills them: a ``RouteSubscription`` or a ``RouteFeed``.
///
/// Reading is O(1) and never waits for whoever fills it. What was learnt stays when the source is lost.
package final class LiveRoutes: Sendable {
    /// Everything that is known at one moment.
    package struct Picture: Sendable {
        /// The table to serve.
        package var snapshot = RouteSnapshot.empty
        /// Whether a whole table has ever arrived; before that, nothing is known of any server.
        package var hasSynced = false
        /// Whether the table is as new as its source.
        package var isFollowing = false
        /// Why it is not; a full sentence, `nil` while following and before the first attempt has ended.
        package var problem: String?
    }

    private struct State: Sendable {
        var picture = Picture()
        /// When the table was last known to be the source's.
        var confirmed: Duration?
        var readers: [UInt64: RouteChanges.Inbox] = [:]
        var nextReader: UInt64 = 0
    }

    private let state = NIOLockedValueBox(State())
    private let time: ElapsedTime

    /// - Parameter clock: For ``age`` alone.
    package init(clock: any Clock<Duration> = ContinuousClock()) { time = ElapsedTime(clock) }

    /// The table to serve.
    package var snapshot: RouteSnapshot { state.withLockedValue { $0.picture.snapshot } }

    /// The table and how far it can be trusted.
    package var picture: Picture { state.withLockedValue { $0.picture } }

    /// How long ago the table was last known to be its source's, by a change or a heartbeat; `nil` before the first
    /// table.
    package var age: Duration? {
        let confirmed = state.withLockedValue { $0.confirmed }
        return confirmed.map { time.now - $0 }
    }

    /// Sentences for `/readyz`: why the table may be old, or why there is none.
    package var problems: [String] {
        let picture = picture
        guard !picture.isFollowing else { return [] }
        let reason = picture.problem ?? "No answer yet."
        guard picture.hasSynced else { return ["No route is known yet. \(reason)"] }
        return ["The routes are \(age?.components.seconds ?? 0) s old; they stay in use. \(reason)"]
    }

    /// What changes from now on; the first answer is everything.
    package func changes() -> RouteChanges {
        let inbox = RouteChanges.Inbox()
        let id = state.withLockedValue { state in
            state.nextReader += 1
            state.readers[state.nextReader] = inbox
            return state.nextReader
        }
        return RouteChanges(of: self, id: id, inbox: inbox)
    }

    func forget(reader id: UInt64) { state.withLockedValue { _ = $0.readers.removeValue(forKey: id) } }
}

extension LiveRoutes {
    /// A whole table has arrived.
    func replace(with snapshot: RouteSnapshot) {
        update(.everything) { picture in
            picture = Picture(snapshot: snapshot, hasSynced: true, isFollowing: true)
        }
    }

    /// One route came, changed or went.
    func change(to snapshot: RouteSnapshot, _ key: RouteKey) {
        update(.keys([key])) { $0.snapshot = snapshot }
    }

    /// The source has nothing new to say.
    func confirm() {
        let now = time.now
        state.withLockedValue { state in
            if state.picture.isFollowing { state.confirmed = now }
        }
    }

    /// The source is lost, or sends a new table; the last one stays in use.
    func stopFollowing(_ problem: String?) {
        update(.keys([])) { picture in
            picture.isFollowing = false
            picture.problem = problem ?? picture.problem
        }
    }

    private func update(_ touched: RouteChanges.Touched, _ body: (inout Picture) -> Void) {
        let now = time.now
        let readers = state.withLockedValue { state in
            body(&state.picture)
            if state.picture.isFollowing { state.confirmed = now }
            return Array(state.readers.values)
        }
        for reader in readers { reader.add(touched) }
    }
}
