// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// Wakes one task; a call that comes before the task waits is not lost, and several count once.
final class Wakeup: Sendable {
    private enum State: Sendable {
        case quiet
        case called
        case waiting(CheckedContinuation<Void, Never>)
    }
    private let state = NIOLockedValueBox(State.quiet)

    func call() {
        let waiter = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
            guard case .waiting(let waiter) = state else {
                state = .called
                return nil
            }
            state = .quiet
            return waiter
        }
        waiter?.resume()
    }

    /// Returns once there was a call since the last wait, or the task is cancelled.
    ///
    /// One task waits at a time.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let passes = state.withLockedValue { state in
                    if case .called = state {
                        state = .quiet
                        return true
                    }
                    if Task.isCancelled { return true }
                    state = .waiting(continuation)
                    return false
                }
                if passes { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
                guard case .waiting(let waiter) = state else { return nil }
                state = .quiet
                return waiter
            }
            waiter?.resume()
        }
    }

    /// Returns once there was a call, `duration` has passed, or the task is cancelled; without a duration it waits for
    /// a call alone.
    func wait(atMost duration: Duration?, _ time: ElapsedTime) async {
        guard let duration else { return await wait() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { await time.pause(duration) }
            await group.next()
            group.cancelAll()
        }
    }
}
