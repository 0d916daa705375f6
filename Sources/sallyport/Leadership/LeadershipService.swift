// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import MCPServerOperator
import ServiceLifecycle

/// Takes part in the election, and tells the operator when this replica is the one that writes.
///
/// Started before the operator and so stopped after it: the Lease is released once nothing is written any more.
struct LeadershipService: Service, CustomStringConvertible {
    let elector: LeaderElector
    let clusterOperator: ClusterOperator

    var description: String { "leader election" }

    /// Runs until the group shuts down.
    ///
    /// - Throws: ``CommandFailure`` when leadership is lost: what another replica does now must not meet ours.
    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                try await elector.run { _ in
                    clusterOperator.leadershipBegan()
                    // The operator asks before each write, so leading is no more than being there.
                    let gate = AsyncStream<Never> { _ in }
                    for await _ in gate {}
                }
            }
        } catch let error as LeadershipLostError {
            throw CommandFailure(.failed, "\(error)")
        } catch is CancellationError {
            // That is how it ends when it is told to.
        }
    }
}
