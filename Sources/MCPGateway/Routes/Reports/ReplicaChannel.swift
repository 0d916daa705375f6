// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import RouteTable
import Timing

/// The reports to one replica, shared by whoever changes routes and the task that sends.
final class ReplicaChannel: Sendable {
    private struct State: Sendable {
        var reports = ReplicaReports()
        var isClosed = false
    }

    let replica: ReplicaAddress
    let wakeup = Wakeup()
    private let state = NIOLockedValueBox(State())

    init(_ replica: ReplicaAddress) { self.replica = replica }

    /// Whether the replica is gone and its task should end.
    var isClosed: Bool { state.withLockedValue { $0.isClosed } }

    /// Changes what the replica is to be told, and wakes the task that tells it.
    func change(_ body: (inout ReplicaReports) -> Void) {
        state.withLockedValue { body(&$0.reports) }
        wakeup.call()
    }

    /// Asks or tells the reports something on behalf of the task that sends.
    func with<Result: Sendable>(_ body: (inout ReplicaReports) -> Result) -> Result {
        state.withLockedValue { body(&$0.reports) }
    }

    func close() {
        state.withLockedValue { $0.isClosed = true }
        wakeup.call()
    }
}
