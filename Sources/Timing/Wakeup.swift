// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// Wakes one task; a call that comes before the task waits is not lost, and several count once.
package final class Wakeup: Sendable {
    private enum State: Sendable {
        case quiet
        case called
        case waiting(CheckedContinuation<Void, Never>)
    }
    private let state = NIOLockedValueBox(State.quiet)

    package init() {}

    /// Wakes the task that waits, or the next one that will.
    package func call() {
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
    package func wait() async {
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

    /// Returns once there was a call, `duration` has passed, or the task is cancelled.
    ///
    /// Without a duration it waits for a call alone.
    package func wait(atMost duration: Duration?, _ time: ElapsedTime) async {
        guard let duration else { return await wait() }
        await wait(orFor: { try await time.clock.sleep(for: duration) })
    }

    /// Returns once there was a call, `time` has come to `deadline`, or the task is cancelled.
    ///
    /// Without a deadline it waits for a call alone.
    package func wait(until deadline: Duration?, _ time: ElapsedTime) async {
        guard let deadline else { return await wait() }
        await wait(orFor: { try await time.sleep(until: deadline) })
    }

    private func wait(orFor sleep: @escaping @Sendable () async throws -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask {
                // Ends early only by cancellation, and then this wait is over as well.
                do { try await sleep() } catch {}
            }
            await group.next()
            group.cancelAll()
        }
    }
}
