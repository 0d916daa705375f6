// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import Logging

/// What a reconcile is told besides its key.
package struct ReconcileContext: Sendable {
    /// Unique to this run, also in every line of ``logger``.
    package var reconcileID: String
    /// How many runs for this key have failed since the last success.
    package var failures: Int
    /// How urgent the change is that led here, for work that is handed on.
    package var priority: WorkPriority
    /// Carries `controller`, `namespace`, `name` and `reconcileID`.
    package var logger: Logger

    package init(reconcileID: String, failures: Int, priority: WorkPriority = .normal, logger: Logger) {
        self.reconcileID = reconcileID
        self.failures = failures
        self.priority = priority
        self.logger = logger
    }
}
