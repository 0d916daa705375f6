// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// What a reader of route streams knows, over any number of connections.
struct StreamReading: Sendable {
    private(set) var table = RouteTableState()
    private var watch: StreamWatch
    private let limits: StreamWatch.Limits
    private let maximumRoutes: Int
    /// Whether the present connection has delivered a whole table.
    private(set) var hasSynced = false

    /// - Parameters:
    ///   - limits: What a living stream keeps to.
    ///   - maximumRoutes: The most routes to hold; a stream with more is not followed.
    init(_ limits: StreamWatch.Limits, maximumRoutes: Int) {
        self.limits = limits
        self.maximumRoutes = maximumRoutes
        watch = StreamWatch(limits, at: .zero)
    }

    /// A connection is about to be made.
    mutating func begin(at now: Duration) {
        table.disconnect()
        hasSynced = false
        watch = StreamWatch(limits, at: now)
    }

    /// Takes one event in.
    mutating func apply(_ event: RouteEvent, at now: Duration) throws(RouteStreamError) -> RouteTableState.Change {
        if case .reset(_, let count) = event, count > maximumRoutes { throw tooMany(count) }
        let change = try table.apply(event)
        guard table.pendingCount <= maximumRoutes, table.snapshot.count <= maximumRoutes else {
            throw tooMany(max(table.pendingCount, table.snapshot.count))
        }
        hasSynced = hasSynced || table.isFollowing
        watch.heard(at: now, isComplete: table.isFollowing)
        return change
    }

    /// The connection is gone; what is served stays.
    mutating func end() { table.disconnect() }

    func verdict(at now: Duration) -> StreamWatch.Verdict { watch.verdict(at: now) }

    private func tooMany(_ count: Int) -> RouteStreamError {
        RouteStreamError(
            .unexpectedEvent,
            """
            The operator has \(count) routes, and this gateway holds at most \(maximumRoutes). Divide the servers among \
            several operators.
            """
        )
    }
}
