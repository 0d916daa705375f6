// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI

/// Publishes routes and leaves the rest to a ``StatusReconciler``.
struct PublishingReconciler: Reconciler {
    let routes: RouteReconciler
    let handover: StatusHandover

    func reconcile(_ key: ObjectKey, _ context: ReconcileContext) async throws -> ReconcileOutcome {
        let look = try await routes.look(at: key)
        handover.leave(look.finding, for: key, priority: context.priority)
        return look.retryAfter.map { .requeue(after: $0) } ?? .settled
    }
}
