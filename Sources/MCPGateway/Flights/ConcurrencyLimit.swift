// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import Timing

/// Lets so many in at once for each key, and so many wait, whose owners take turns.
final class ConcurrencyLimit<Key: Hashable & Sendable, Owner: Hashable & Sendable>: Sendable {
    private struct Lane: Sendable {
        var running = 0
        var queue = FairQueue<Owner, Ticket<Bool>>()
    }

    private let limit: Int
    private let queueLimit: Int
    private let time: ElapsedTime
    private let onWaiting: @Sendable (_ key: Key, _ count: Int) -> Void
    private let lanes = NIOLockedValueBox<[Key: Lane]>([:])

    /// - Parameters:
    ///   - limit: How many are in at once for each key.
    ///   - queueLimit: How many wait.
    ///   - time: Measures waits.
    ///   - onWaiting: Told how many wait for a key when that may have changed. Told while the limit is locked, so that the
    ///     last number is the right one; must not come back.
    init(
        limit: Int,
        queueLimit: Int = 1_000,
        time: ElapsedTime,
        onWaiting: @escaping @Sendable (_ key: Key, _ count: Int) -> Void = { _, _ in }
    ) {
        self.limit = max(limit, 1)
        self.queueLimit = queueLimit
        self.time = time
        self.onWaiting = onWaiting
    }

    /// How many are in, and how many wait.
    func load(_ key: Key) -> (running: Int, waiting: Int) {
        lanes.withLockedValue { ($0[key]?.running ?? 0, $0[key]?.queue.count ?? 0) }
    }

    /// Does something once there is room.
    ///
    /// - Parameters:
    ///   - key: What the limit counts for.
    ///   - owner: For whom it is.
    ///   - wait: How long to wait for room.
    ///   - body: What to do.
    /// - Returns: What `body` returns.
    /// - Throws: ``FlightError``, `CancellationError`, or what `body` throws.
    func withRoom<Result>(
        _ key: Key,
        for owner: Owner,
        waitingAtMost wait: Duration,
        _ body: () async throws -> Result
    ) async throws -> Result {
        try await enter(key, owner, wait)
        defer { leave(key) }
        return try await body()
    }

    private func enter(_ key: Key, _ owner: Owner, _ wait: Duration) async throws {
        let ticket = Ticket<Bool>()
        let mustWait = try lanes.withLockedValue { lanes in
            var lane = lanes[key] ?? Lane()
            defer { lanes[key] = lane }
            if lane.running < limit {
                lane.running += 1
                return false
            }
            if lane.queue.count >= queueLimit {
                // A full queue is no reason to refuse somebody who has asked for less than others.
                guard let displaced = lane.queue.displace(for: owner) else { throw FlightError.tooMany }
                _ = displaced.fill(false)
            }
            lane.queue.append(ticket, of: owner)
            onWaiting(key, lane.queue.count)
            return true
        }
        guard mustWait else { return }
        if let isTurn = await ticket.wait(atMost: wait, time) {
            guard isTurn else { throw FlightError.tooMany }
            return
        }
        lanes.withLockedValue { lanes in
            lanes[key]?.queue.remove(of: owner) { $0 === ticket }
            onWaiting(key, lanes[key]?.queue.count ?? 0)
        }
        try Task.checkCancellation()
        throw FlightError.tookTooLong
    }

    /// Whoever is next takes the place over, so nobody slips in between.
    private func leave(_ key: Key) {
        lanes.withLockedValue { lanes in
            guard var lane = lanes[key] else { return }
            let count = lane.queue.count
            var isHandedOver = false
            while !isHandedOver, let next = lane.queue.popFirst() { isHandedOver = next.fill(true) }
            if lane.queue.count != count { onWaiting(key, lane.queue.count) }
            if !isHandedOver { lane.running -= 1 }
            lanes[key] = lane.running == 0 && lane.queue.isEmpty ? nil : lane
        }
    }
}
