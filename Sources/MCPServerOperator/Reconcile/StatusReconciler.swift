// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI

/// Writes the statuses that a ``PublishingReconciler`` leaves.
struct StatusReconciler: Reconciler {
    let statuses: StatusReporter
    let handover: StatusHandover
    /// Has the server looked at again after a while, from the beginning.
    let lookAgain: @Sendable (ObjectKey, Duration) -> Void

    func reconcile(_ key: ObjectKey, _ context: ReconcileContext) async throws -> ReconcileOutcome {
        let recheck = try await handover.take(key) { finding -> Duration? in
            guard let finding else {
                statuses.forget(key)
                return nil
            }
            return try await statuses.report(finding, on: key, context)
        }
        if let recheck = recheck ?? nil { lookAgain(key, recheck) }
        return .settled
    }
}
