// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import ControllerRuntime
package import KubernetesAPI

/// Keeps one MCPServer's route and status equal to what its spec, its Secrets and the configuration say.
///
/// Level-triggered: it looks at the present, and a second run writes nothing. The route comes first and the status after
/// it, in one go, where writing a status costs nothing.
package struct MCPServerReconciler: Reconciler {
    private let routes: RouteReconciler
    private let statuses: StatusReporter

    package init(routes: RouteReconciler, statuses: StatusReporter) {
        self.routes = routes
        self.statuses = statuses
    }

    package func reconcile(_ key: ObjectKey, _ context: ReconcileContext) async throws -> ReconcileOutcome {
        let look = try await routes.look(at: key)
        guard let finding = look.finding else {
            statuses.forget(key)
            return .settled
        }
        let recheck = try await statuses.report(finding, on: key, context)
        return [look.retryAfter, recheck].compactMap(\.self).min().map { .requeue(after: $0) } ?? .settled
    }
}
