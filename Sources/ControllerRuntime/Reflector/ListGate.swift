// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import NIOConcurrencyHelpers

/// Lets a few lists run at a time, so that a start with many kinds does not ask the server for everything at once.
package final class ListGate: Sendable {
    private struct State: Sendable {
        var free: Int
        var nextID: UInt64 = 0
        var waiting = Deque<(id: UInt64, wake: CheckedContinuation<Bool, Never>)>()
    }
    private let state: NIOLockedValueBox<State>

    package init(limit: Int = 4) { state = NIOLockedValueBox(State(free: max(limit, 1))) }

    /// Runs `body` when its turn comes.
    ///
    /// - Throws: `CancellationError` if the task is cancelled before, and what `body` throws.
    func pass<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard await enter() else { throw CancellationError() }
        defer { leave() }
        return try await body()
    }

    private func enter() async -> Bool {
        let id = state.withLockedValue { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLockedValue { state -> Bool? in
                    if Task.isCancelled { return false }
                    guard state.free == 0 else {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLockedValue { state -> CheckedContinuation<Bool, Never>? in
                guard let index = state.waiting.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiting.remove(at: index).wake
            }
            waiter?.resume(returning: false)
        }
    }

    private func leave() {
        let next = state.withLockedValue { state -> CheckedContinuation<Bool, Never>? in
            guard let next = state.waiting.popFirst() else {
                state.free += 1
                return nil
            }
            return next.wake
        }
        next?.resume(returning: true)
    }
}
