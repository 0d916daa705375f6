// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPServerOperator
import ServiceLifecycle

/// Runs the operator of a cluster until the process is told to stop.
struct OperatorService: Service, CustomStringConvertible {
    let clusterOperator: ClusterOperator

    var description: String { "operator" }

    func run() async throws {
        do { try await cancelWhenGracefulShutdown { try await clusterOperator.run() } } catch is CancellationError {
            // That is how it ends when it is told to.
        }
    }
}
