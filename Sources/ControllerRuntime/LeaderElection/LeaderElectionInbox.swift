// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import NIOConcurrencyHelpers
import Timing

/// What happens beside an election's own requests, kept until it is looked at.
///
/// Bounded: of several observations only the last counts.
final class LeaderElectionInbox: Sendable {
    /// The Lease as a watch told of it; `nil` if it was deleted.
    struct Observation: Sendable {
        var lease: Lease?
    }
    private struct State: Sendable {
        var observation: Observation?
        var hasWorkEnded = false
        var isStopRequested = false
    }

    private let state = NIOLockedValueBox(State())
    private let changed = Wakeup()

    func observe(_ lease: Lease?) { change { $0.observation = Observation(lease: lease) } }
    func endWork() { change { $0.hasWorkEnded = true } }
    func requestStop() { change { $0.isStopRequested = true } }

    var hasWorkEnded: Bool { state.withLockedValue { $0.hasWorkEnded } }
    var isStopRequested: Bool { state.withLockedValue { $0.isStopRequested } }

    /// The last observation that was not taken yet.
    func takeObservation() -> Observation? {
        state.withLockedValue { state in
            defer { state.observation = nil }
            return state.observation
        }
    }

    /// Returns when something came since the last wait, or that time has passed.
    func wait(atMost duration: Duration, _ time: ElapsedTime) async {
        await changed.wait(atMost: duration, time)
    }

    private func change(_ change: (inout State) -> Void) {
        state.withLockedValue(change)
        changed.call()
    }
}
