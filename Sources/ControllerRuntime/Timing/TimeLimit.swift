// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import Timing

/// Cancels operations that take longer than a limit, with one sleep at a time for all of them.
///
/// A sleep for each operation would stay in the system's queue of timers for the whole limit, long after a quick
/// operation has ended. ``run()`` must be running for the limit to be kept.
final class TimeLimit: Sendable {
    fileprivate struct Operation: Sendable {
        var due: Duration
        var cancel: @Sendable () -> Void
        var isOverdue = false
    }
    fileprivate struct State: Sendable {
        var operations: [UInt64: Operation] = [:]
        var nextID: UInt64 = 0
    }

    private let limit: Duration
    private let time: ElapsedTime
    private let state = NIOLockedValueBox(State())
    private let started = Wakeup()

    /// The number of operations that run now.
    var count: Int { state.withLockedValue { $0.operations.count } }

    init(_ limit: Duration, _ time: ElapsedTime) {
        self.limit = limit
        self.time = time
    }

    /// Runs `operation`, and cancels it when the limit has passed first.
    ///
    /// Returns only when the operation has ended, so it must answer to cancellation.
    ///
    /// - Returns: The operation's result, or `nil` if the limit passed first.
    /// - Throws: What the operation throws, unless the limit had passed.
    func apply<Value: Sendable>(to operation: @escaping @Sendable () async throws -> Value) async throws -> Value? {
        // A task of its own, so that it can be cancelled by itself. It is awaited right here, on every path.
        let task = Task { try await operation() }
        let id = add { task.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        let isOverdue = state.withLockedValue { $0.operations.removeValue(forKey: id)?.isOverdue == true }
        return isOverdue ? nil : try result.get()
    }

    /// Watches over the operations until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let now = time.now
            let (overdue, next) = state.withLockedValue { $0.markOverdue(now) }
            for cancel in overdue { cancel() }
            if let next {
                // Ends early only by cancellation, which the loop sees next.
                do { try await time.clock.sleep(for: next - now) } catch {}
            } else {
                await started.wait()
            }
        }
    }

    private func add(_ cancel: @escaping @Sendable () -> Void) -> UInt64 {
        let operation = Operation(due: time.now + limit, cancel: cancel)
        let id = state.withLockedValue { state in
            state.nextID += 1
            state.operations[state.nextID] = operation
            return state.nextID
        }
        // Later ones are due later: whoever sleeps until the first is due finds them then, and this call is seen after.
        started.call()
        return id
    }
}

extension TimeLimit.State {
    /// Marks what is overdue.
    ///
    /// - Returns: How to cancel each of those, and when the next of the others is due.
    fileprivate mutating func markOverdue(_ now: Duration) -> (cancel: [@Sendable () -> Void], next: Duration?) {
        var overdue: [@Sendable () -> Void] = []
        var next: Duration?
        for (id, operation) in operations where !operation.isOverdue {
            if operation.due <= now {
                operations[id]?.isOverdue = true
                overdue.append(operation.cancel)
            } else {
                next = min(next ?? operation.due, operation.due)
            }
        }
        return (overdue, next)
    }
}
