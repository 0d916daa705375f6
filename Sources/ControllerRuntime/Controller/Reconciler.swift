// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// Makes one object true.
///
/// Level-triggered: it gets a key and looks at the present state, never at what happened, and a second run changes
/// nothing. No two run for the same key at a time.
package protocol Reconciler: Sendable {
    /// - Returns: Whether to come back even if nothing changes.
    /// - Throws: ``TerminalError`` for what trying again cannot heal; anything else is tried again with growing delay.
    func reconcile(_ key: ObjectKey, _ context: ReconcileContext) async throws -> ReconcileOutcome
}
