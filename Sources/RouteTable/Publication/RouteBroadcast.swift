// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// The one table of routes of a process, which the reconciler writes and any number of readers follow.
///
/// Nothing here is kept for a reader but the continuation it waits with. Until the table is open no reader gets any of
/// it: one that is half filled would take routes away from gateways that serve them.
package final class RouteBroadcast: Sendable {
    private struct State: Sendable {
        var log: RouteLog
        var isOpen: Bool
        var beats: UInt64 = 0
        var isClosed = false
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]

        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            defer { waiters = [:] }
            return Array(waiters.values)
        }
    }
    private let state: NIOLockedValueBox<State>

    /// Makes an empty table; without `isOpen` readers wait until ``open()``.
    package init(limits: RouteLog.Limits = RouteLog.Limits(), isOpen: Bool = true) {
        state = NIOLockedValueBox(State(log: RouteLog(limits: limits), isOpen: isOpen))
    }

    /// Whether readers get the table.
    ///
    /// Whoever serves the stream refuses readers before, so that they turn to another replica.
    package var isOpen: Bool { state.withLockedValue { $0.isOpen } }

    /// Lets readers have the table, because it now holds whatever can be published.
    package func open() {
        let waiters = state.withLockedValue { state in
            state.isOpen = true
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The number of readers that wait for something to be sent.
    package var waitingCount: Int { state.withLockedValue { $0.waiters.count } }

    /// The table at this moment.
    package var snapshot: RouteSnapshot { state.withLockedValue { $0.log.snapshot } }

    /// The route of that key.
    package subscript(_ key: RouteKey) -> VersionedRoute? { state.withLockedValue { $0.log[key] } }

    /// Puts a route into the table, or replaces the one of its key.
    ///
    /// - Returns: The number of routes afterwards; `nil` if nothing changed.
    package func put(_ route: VersionedRoute) -> Int? { change { $0.put(route) } }

    /// Takes a route out of the table.
    ///
    /// - Returns: The number of routes afterwards; `nil` if there was none.
    package func remove(_ key: RouteKey) -> Int? { change { $0.remove(key) } }

    /// Lets readers that begin from now on keep the route that they may have of that key, if there is none here.
    package func hold(_ key: RouteKey) { state.withLockedValue { $0.log.hold(key) } }

    /// Whether readers keep what they have of that key.
    package func holds(_ key: RouteKey) -> Bool { state.withLockedValue { $0.log.holds(key) } }

    /// Makes every reader that has nothing to say send a heartbeat; called every 15 s by whoever serves the stream.
    package func beat() {
        let waiters = state.withLockedValue { state in
            state.beats &+= 1
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Ends every reader, now and later: the process is going away.
    package func close() {
        let waiters = state.withLockedValue { state in
            state.isClosed = true
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// A reader that begins with the whole table.
    package func makeReader() -> RouteReader { RouteReader(broadcast: self) }

    private func change(_ body: (inout RouteLog) -> Bool) -> Int? {
        let (count, waiters) = state.withLockedValue { state in
            guard body(&state.log) else { return (Int?.none, [CheckedContinuation<Void, Never>]()) }
            return (state.log.count, state.isOpen ? state.takeWaiters() : [])
        }
        for waiter in waiters { waiter.resume() }
        return count
    }
}

extension RouteBroadcast {
    /// A whole table, for a reader that begins.
    struct Table: Sendable {
        var lines: [RouteLine]
        var revision: Int64
        var beats: UInt64
    }

    /// What there is for a reader at the moment.
    enum Supply: Sendable {
        /// Changes, none of which the reader has.
        case changes([RouteLine])
        /// The reader is too far behind and has to start over.
        case behind
        /// A beat without a change.
        case beat(UInt64)
        case nothing
        case closed
    }

    /// The whole table, once it is open.
    ///
    /// - Returns: `nil` if the broadcast is closed, the reader is stopped, or the task is cancelled.
    func table(stop: RouteReaderStop) async -> Table? {
        while !Task.isCancelled, !stop.isStopped {
            let table = state.withLockedValue { state -> Table?? in
                if state.isClosed { return .some(nil) }
                guard state.isOpen else { return nil }
                return Table(lines: state.log.tableLines, revision: state.log.revision, beats: state.beats)
            }
            if let table { return table }
            await wait(stop: stop) { $0.isOpen }
        }
        return nil
    }

    /// What a reader at `cursor` lacks.
    func supply(after cursor: Int64, beats: UInt64, upTo bytes: Int) -> Supply {
        state.withLockedValue { state in
            if state.isClosed { return .closed }
            guard let changes = state.log.changes(after: cursor, upTo: bytes) else { return .behind }
            if !changes.isEmpty { return .changes(changes) }
            return state.beats == beats ? .nothing : .beat(state.beats)
        }
    }

    /// Returns once there may be something after `cursor`, the reader is stopped, or the task is cancelled.
    func wait(after cursor: Int64, beats: UInt64, stop: RouteReaderStop) async {
        await wait(stop: stop) { $0.log.revision != cursor || $0.beats != beats }
    }

    /// Returns at the latest with the next change if `holds` is not true now.
    private func wait(stop: RouteReaderStop, until holds: @Sendable (State) -> Bool) async {
        let id = state.withLockedValue { state in
            state.nextWaiter &+= 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let passes = state.withLockedValue { state in
                    if state.isClosed || holds(state) || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if passes { continuation.resume() } else { stop.onStop { self.wake(id) } }
            }
        } onCancel: {
            wake(id)
        }
        stop.onStop(nil)
    }

    private func wake(_ id: UInt64) { state.withLockedValue { $0.waiters.removeValue(forKey: id) }?.resume() }
}
