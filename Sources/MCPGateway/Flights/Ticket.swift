// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import Timing

/// A value that comes once, for one task that waits for it and may give up.
final class Ticket<Value: Sendable>: Sendable {
    private enum State: Sendable {
        case open
        case waiting(CheckedContinuation<Void, Never>)
        case filled(Value)
        /// Whoever waited has gone.
        case closed
    }
    private let state = NIOLockedValueBox(State.open)

    /// Hands the value over; `false` if nobody waits for it any more.
    func fill(_ value: Value) -> Bool {
        let (isTaken, waiter) = state.withLockedValue { state -> (Bool, CheckedContinuation<Void, Never>?) in
            switch state {
            case .open:
                state = .filled(value)
                return (true, nil)
            case .waiting(let waiter):
                state = .filled(value)
                return (true, waiter)
            case .filled, .closed: return (false, nil)
            }
        }
        waiter?.resume()
        return isTaken
    }

    /// Waits for the value; `nil` once `limit` has passed or the task is cancelled, after which none is taken.
    func wait(atMost limit: Duration, _ time: ElapsedTime) async -> Value? {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.arrival() }
            group.addTask { await time.pause(limit) }
            await group.next()
            group.cancelAll()
        }
        return state.withLockedValue { state in
            if case .filled(let value) = state { return value }
            state = .closed
            return nil
        }
    }

    private func arrival() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let passes = state.withLockedValue { state in
                    guard case .open = state, !Task.isCancelled else { return true }
                    state = .waiting(continuation)
                    return false
                }
                if passes { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
                guard case .waiting(let waiter) = state else { return nil }
                state = .open
                return waiter
            }
            waiter?.resume()
        }
    }
}
