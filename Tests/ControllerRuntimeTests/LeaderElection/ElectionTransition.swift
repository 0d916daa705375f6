// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ControllerRuntime

/// A replica in some phase, something that happens, and what it does then: one row of the table of transitions.
struct ElectionTransition: Sendable, CustomTestStringConvertible {
    typealias State = LeaderElectionState
    let testDescription: String
    let state: @Sendable () -> State
    let event: @Sendable (inout State) -> LeaderElectionAction
    let expected: @Sendable (LeaderElectionAction) -> Bool
    /// Until when it leads after that.
    let leadsUntil: Duration?

    init(
        _ row: String,
        from state: @escaping @Sendable () -> State,
        _ event: @escaping @Sendable (inout State) -> LeaderElectionAction,
        leadsUntil: Duration? = nil,
        expect expected: @escaping @Sendable (LeaderElectionAction) -> Bool
    ) {
        testDescription = row
        self.state = state
        self.event = event
        self.expected = expected
        self.leadsUntil = leadsUntil
    }

    init(
        _ row: String,
        from state: @escaping @Sendable () -> State,
        _ event: @escaping @Sendable (inout State) -> LeaderElectionAction,
        leadsUntil: Duration? = nil,
        gives action: LeaderElectionAction
    ) {
        self.init(row, from: state, event, leadsUntil: leadsUntil) { $0 == action }
    }
}
