// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// Ends one reader, from any task and at any time.
///
/// A reader that is being served can thus be told to end without being cancelled, so that what it has begun to send is
/// sent to its end.
package final class RouteReaderStop: Sendable {
    private struct State: Sendable {
        var isStopped = false
        var wake: (@Sendable () -> Void)?
    }
    private let state = NIOLockedValueBox(State())

    init() {}

    /// Whether the reader has been stopped.
    package var isStopped: Bool { state.withLockedValue { $0.isStopped } }

    /// Stops the reader; a second time does nothing.
    package func callAsFunction() {
        let wake = state.withLockedValue { state in
            state.isStopped = true
            defer { state.wake = nil }
            return state.wake
        }
        wake?()
    }

    /// Sets what wakes the reader that waits; called at once if it is already stopped.
    func onStop(_ wake: (@Sendable () -> Void)?) {
        let isStopped = state.withLockedValue { state in
            state.wake = state.isStopped ? nil : wake
            return state.isStopped
        }
        if isStopped { wake?() }
    }
}
