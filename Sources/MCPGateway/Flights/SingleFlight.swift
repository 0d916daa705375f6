// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import NIOConcurrencyHelpers
import Timing

/// Does a thing once for all who ask for it at the same time.
///
/// ``run()`` alone does the work, so a caller who gives up ends nothing for the others, and the others share what comes of
/// it, failures included. What is waited for, and who waits, is bounded.
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    typealias Operation = @Sendable () async throws -> Value

    private struct State: Sendable {
        var flights: [Key: [Ticket<Result<Value, any Error>>]] = [:]
        var queue: Deque<(key: Key, operation: Operation)> = []
        var waiterCount = 0
        var isClosed = false
    }

    private let time: ElapsedTime
    private let flightLimit: Int
    private let waiterLimit: Int
    private let wakeup = Wakeup()
    private let state = NIOLockedValueBox(State())

    init(time: ElapsedTime, flightLimit: Int = 10_000, waiterLimit: Int = 20_000) {
        self.time = time
        self.flightLimit = flightLimit
        self.waiterLimit = waiterLimit
    }

    /// How many callers wait now.
    var waiterCount: Int { state.withLockedValue { $0.waiterCount } }

    /// What `operation` brings, or the one for the same key that is under way already.
    ///
    /// - Throws: What the operation throws, ``FlightError``, or `CancellationError` if this task is cancelled.
    func value(for key: Key, atMost limit: Duration, _ operation: @escaping Operation) async throws -> Value {
        try Task.checkCancellation()
        let ticket = Ticket<Result<Value, any Error>>()
        try board(key, ticket, operation)
        let result = await ticket.wait(atMost: limit, time)
        state.withLockedValue { state in
            state.waiterCount -= 1
            // A flight that lasts must not collect those who have gone.
            if result == nil { state.flights[key]?.removeAll { $0 === ticket } }
        }
        if let result { return try result.get() }
        try Task.checkCancellation()
        throw FlightError.tookTooLong
    }

    /// Starts `operation` unless one for the same key is under way; nobody waits for it.
    func start(_ key: Key, _ operation: @escaping Operation) {
        let isNew = state.withLockedValue { state in
            guard !state.isClosed, state.flights[key] == nil, state.flights.count < flightLimit else { return false }
            state.flights[key] = []
            state.queue.append((key, operation))
            return true
        }
        if isNew { wakeup.call() }
    }

    /// Does the work until the task is cancelled; then everybody who waits is told, and nobody may wait any more.
    ///
    /// - Throws: `CancellationError` only.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                await wakeup.wait()
                for job in state.withLockedValue({ state in
                    defer { state.queue.removeAll() }
                    return state.queue
                }) {
                    group.addTask { await self.fly(job.key, job.operation) }
                }
            }
            group.cancelAll()
        }
        let tickets = state.withLockedValue { state in
            state.isClosed = true
            defer { state.flights.removeAll() }
            state.queue.removeAll()
            return state.flights.values.joined()
        }
        for ticket in tickets { _ = ticket.fill(.failure(FlightError.shutDown)) }
        throw CancellationError()
    }

    private func board(
        _ key: Key,
        _ ticket: Ticket<Result<Value, any Error>>,
        _ operation: @escaping Operation
    ) throws {
        let isNew = try state.withLockedValue { state in
            guard !state.isClosed else { throw FlightError.shutDown }
            guard state.waiterCount < waiterLimit else { throw FlightError.tooMany }
            if state.flights[key] != nil {
                state.flights[key]?.append(ticket)
                state.waiterCount += 1
                return false
            }
            guard state.flights.count < flightLimit else { throw FlightError.tooMany }
            state.flights[key] = [ticket]
            state.queue.append((key, operation))
            state.waiterCount += 1
            return true
        }
        if isNew { wakeup.call() }
    }

    private func fly(_ key: Key, _ operation: Operation) async {
        let result: Result<Value, any Error>
        do {
            result = .success(try await operation())
        } catch is CancellationError {
            // It is this owner that was cancelled, and not those who wait.
            result = .failure(FlightError.shutDown)
        } catch { result = .failure(error) }
        let tickets = state.withLockedValue { $0.flights.removeValue(forKey: key) ?? [] }
        for ticket in tickets { _ = ticket.fill(result) }
    }
}

/// A flight that somebody could not wait for.
enum FlightError: String, Error, Hashable, Sendable {
    /// Too many wait already.
    case tooMany = "too_many"
    /// The deadline passed; the flight goes on.
    case tookTooLong = "took_too_long"
    /// Nobody does the work any more.
    case shutDown = "shut_down"
}
