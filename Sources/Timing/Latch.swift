// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// A door that opens once, for good, and lets through everyone who waits.
package final class Latch: Sendable {
    private enum State: Sendable {
        case closed(waiters: [UInt64: CheckedContinuation<Void, Never>], nextID: UInt64)
        case open
    }
    private let state = NIOLockedValueBox(State.closed(waiters: [:], nextID: 0))

    package init() {}

    /// Lets everybody through, now and from now on.
    package func open() {
        let waiters = state.withLockedValue { state in
            guard case .closed(let waiters, _) = state else { return [UInt64: CheckedContinuation<Void, Never>]() }
            state = .open
            return waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    /// Returns once the latch is open, or the task is cancelled.
    package func wait() async {
        let id = state.withLockedValue { state -> UInt64? in
            guard case .closed(let waiters, let id) = state else { return nil }
            state = .closed(waiters: waiters, nextID: id + 1)
            return id
        }
        guard let id else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let passes = state.withLockedValue { state in
                    guard case .closed(var waiters, let nextID) = state, !Task.isCancelled else { return true }
                    waiters[id] = continuation
                    state = .closed(waiters: waiters, nextID: nextID)
                    return false
                }
                if passes { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
                guard case .closed(var waiters, let nextID) = state else { return nil }
                defer { state = .closed(waiters: waiters, nextID: nextID) }
                return waiters.removeValue(forKey: id)
            }
            waiter?.resume()
        }
    }
}
