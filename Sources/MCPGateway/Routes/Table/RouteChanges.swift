// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
package import RouteTable
import Timing

/// One reader's view of what changes in ``LiveRoutes``.
///
/// What is not taken is merged: a slow reader gets the newest table and the keys that changed since, of which no more
/// than 10,000 are kept before it is simply everything.
package final class RouteChanges: Sendable {
    /// Which routes may be different.
    package enum Touched: Hashable, Sendable {
        case everything
        /// Empty when only ``LiveRoutes/Picture/isFollowing`` or the problem changed.
        case keys(Set<RouteKey>)

        /// The most keys to remember.
        static let limit = 10_000

        mutating func add(_ other: Touched) {
            guard case .keys(let added) = other, case .keys(var known) = self else {
                self = .everything
                return
            }
            // Lets go of the set, so that it is changed in place.
            self = .everything
            known.formUnion(added)
            if known.count <= Self.limit { self = .keys(known) }
        }
    }

    /// What a reader has not taken yet.
    final class Inbox: Sendable {
        private let pending = NIOLockedValueBox<Touched?>(.everything)
        let wakeup = Wakeup()

        func add(_ touched: Touched) {
            pending.withLockedValue { pending in
                // In place, so that the set is not copied for each change.
                guard var merged = pending.take() else {
                    pending = touched
                    return
                }
                merged.add(touched)
                pending = merged
            }
            wakeup.call()
        }

        func take() -> Touched? { pending.withLockedValue { $0.take() } }
    }

    private let routes: LiveRoutes
    private let id: UInt64
    private let inbox: Inbox

    init(of routes: LiveRoutes, id: UInt64, inbox: Inbox) {
        self.routes = routes
        self.id = id
        self.inbox = inbox
    }

    deinit { routes.forget(reader: id) }

    /// Waits for a change that was not returned yet; one task at a time.
    ///
    /// - Returns: The newest state, and what may be different in it.
    /// - Throws: `CancellationError`.
    package func next() async throws -> (picture: LiveRoutes.Picture, touched: Touched) {
        while true {
            try Task.checkCancellation()
            if let touched = inbox.take() { return (routes.picture, touched) }
            await inbox.wakeup.wait()
        }
    }

    /// Waits for a change that was not returned yet, but for no longer than `duration`; one task at a time.
    ///
    /// - Returns: The newest state, in which anything may be different.
    /// - Throws: `CancellationError`.
    func next(atMost duration: Duration, _ time: ElapsedTime) async throws -> LiveRoutes.Picture {
        try Task.checkCancellation()
        if inbox.take() == nil {
            await inbox.wakeup.wait(atMost: duration, time)
            try Task.checkCancellation()
            // Before the state is read, so that what comes after that is returned the next time.
            _ = inbox.take()
        }
        return routes.picture
    }
}
