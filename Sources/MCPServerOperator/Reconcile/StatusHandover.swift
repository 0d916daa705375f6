// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import NIOConcurrencyHelpers

/// Hands findings over from the controller that publishes routes to the one that writes statuses.
///
/// An API server takes its time for a status, more so when there are many; a route must not wait in line behind the
/// statuses of others. At most one finding a server is kept, the newest.
final class StatusHandover: Sendable {
    private struct Pending: Sendable {
        /// `nil` if the server is gone.
        var finding: ServerFinding?
        var number: UInt64
    }
    private struct State: Sendable {
        var pending: [ObjectKey: Pending] = [:]
        var count: UInt64 = 0
    }
    private let state = NIOLockedValueBox(State())
    private let queue: WorkQueue<ObjectKey>

    /// - Parameter queue: The status controller's.
    init(queue: WorkQueue<ObjectKey>) { self.queue = queue }

    /// Leaves what was found, in place of what was found before.
    func leave(_ finding: ServerFinding?, for key: ObjectKey, priority: WorkPriority) {
        state.withLockedValue { state in
            state.count += 1
            state.pending[key] = Pending(finding: finding, number: state.count)
        }
        queue.add(key, priority: priority)
    }

    /// Takes the newest finding to `body`; it is kept for another try if that throws.
    func take<Result>(
        _ key: ObjectKey,
        _ body: (ServerFinding?) async throws -> Result
    ) async throws -> Result? {
        guard let pending = state.withLockedValue({ $0.pending[key] }) else { return nil }
        let result = try await body(pending.finding)
        state.withLockedValue { state in
            if state.pending[key]?.number == pending.number { state.pending[key] = nil }
        }
        return result
    }
}
