// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
import MCPServerAPI
import NIOConcurrencyHelpers

/// What `serve` shows of its servers, and a way to wait for it to change.
package final class StatusBoard: Sendable {
    /// One server.
    package struct Row: Hashable, Sendable {
        /// The server that the row is about.
        package var key: ObjectKey
        /// Empty if the spec names none.
        package var url: String
        /// Empty while the spec has no single mode.
        package var authMode: String
        /// Of the condition `Ready`.
        package var ready: Condition.Status
        /// The reason of `Ready`.
        package var reason: String
        /// Of the condition `Programmed`.
        package var programmed: Condition.Status
        /// The message of the condition that keeps the server from being ready; empty if it is.
        package var message: String
        /// What to do about it; empty if nothing.
        package var remedy: String
        /// When the server was first seen by this process, since 1970-01-01T00:00:00Z.
        package var firstSeen: Duration
    }

    /// The board at one moment.
    package struct Picture: Sendable {
        /// Grows with every change.
        package var revision: UInt64
        /// Sorted by namespace and name.
        package var rows: [Row]
        /// What is wrong with the files.
        package var problems: [ManifestProblem]
        /// Kinds that are ignored, and how many of each.
        package var otherKinds: [String: Int]
    }

    private struct State {
        var revision: UInt64 = 0
        var rows: [ObjectKey: Row] = [:]
        var problems: [ManifestProblem] = []
        var otherKinds: [String: Int] = [:]
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }
    private let state = NIOLockedValueBox(State())

    package init() {}

    /// Everything on the board now.
    package func picture() -> Picture {
        state.withLockedValue { state in
            Picture(
                revision: state.revision,
                rows: state.rows.values.sorted { $0.key < $1.key },
                problems: state.problems,
                otherKinds: state.otherKinds
            )
        }
    }

    /// Waits until the board is newer than `revision`, and returns it.
    ///
    /// - Throws: `CancellationError`.
    package func picture(after revision: UInt64) async throws -> Picture {
        let id = state.withLockedValue { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesNow = state.withLockedValue { state in
                    if state.revision > revision || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if resumesNow { continuation.resume() }
            }
        } onCancel: {
            state.withLockedValue { $0.waiters.removeValue(forKey: id) }?.resume()
        }
        try Task.checkCancellation()
        return picture()
    }

    func show(_ row: Row) {
        change { state in
            var row = row
            row.firstSeen = state.rows[row.key]?.firstSeen ?? row.firstSeen
            guard state.rows[row.key] != row else { return false }
            state.rows[row.key] = row
            return true
        }
    }

    func remove(_ key: ObjectKey) { change { $0.rows.removeValue(forKey: key) != nil } }

    func show(problems: [ManifestProblem], otherKinds: [String: Int]) {
        change { state in
            guard state.problems != problems || state.otherKinds != otherKinds else { return false }
            state.problems = problems
            state.otherKinds = otherKinds
            return true
        }
    }

    /// - Parameter body: Returns whether it changed anything.
    private func change(_ body: (inout State) -> Bool) {
        let waiters = state.withLockedValue { state -> [CheckedContinuation<Void, Never>] in
            guard body(&state) else { return [] }
            state.revision += 1
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }
}

extension StatusBoard.Row {
    /// The row for a status as it stands.
    init(key: ObjectKey, url: String, status: MCPServerStatus, firstSeen: Duration) {
        let ready = status.condition(.ready)
        let isReady = ready?.status == .true
        self.init(
            key: key,
            url: url,
            authMode: status.authMode ?? "",
            ready: ready?.status ?? .unknown,
            reason: ready?.reason ?? "",
            programmed: status.condition(.programmed)?.status ?? .unknown,
            message: isReady ? "" : ready?.message ?? "",
            remedy: isReady ? "" : ConditionReason(rawValue: ready?.reason ?? "")?.remedy ?? "",
            firstSeen: firstSeen
        )
    }
}
