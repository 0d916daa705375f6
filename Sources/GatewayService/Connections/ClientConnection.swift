// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// One client's connection: whether it is still there, and what to do when it goes.
final class ClientConnection: Sendable {
    private struct State {
        var isOpen = true
        var onLeaving: (@Sendable () -> Void)?
        var isShuttingDown = false
        var onShutdown: (@Sendable () -> Void)?
    }
    private let state = NIOLockedValueBox(State())

    /// Has something done when the client leaves, at once if it has left; it takes the place of what was set before.
    func onLeaving(_ action: (@Sendable () -> Void)?) {
        let isOpen = state.withLockedValue { state in
            if state.isOpen { state.onLeaving = action }
            return state.isOpen
        }
        if !isOpen { action?() }
    }

    /// Has something done when the server is told to stop, at once if it has been; it takes the place of what was set
    /// before.
    func onShutdown(_ action: (@Sendable () -> Void)?) {
        let isShuttingDown = state.withLockedValue { state in
            state.onShutdown = state.isShuttingDown ? nil : action
            return state.isShuttingDown
        }
        if isShuttingDown { action?() }
    }

    /// The server is told to stop.
    func shutDown() {
        let action = state.withLockedValue { state in
            state.isShuttingDown = true
            return state.onShutdown.take()
        }
        action?()
    }

    /// The client has left, or has to go.
    func leave() {
        let action = state.withLockedValue { state in
            state.isOpen = false
            return state.onLeaving.take()
        }
        action?()
    }

    /// Does something for the client, and cancels it when the client leaves.
    ///
    /// - Throws: What `work` throws, or `CancellationError` if the client has left already.
    func whileOpen<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        guard state.withLockedValue({ $0.isOpen }) else { throw CancellationError() }
        // A task of its own, so that it can be cancelled by itself. It is awaited right here, on every path.
        // It begins on this thread, and most of it is done before it waits for the first time.
        let task = Task.immediate { try await work() }
        onLeaving { task.cancel() }
        defer { onLeaving(nil) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
