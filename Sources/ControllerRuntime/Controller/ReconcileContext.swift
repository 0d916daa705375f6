// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import Logging

/// What a reconcile is told besides its key.
package struct ReconcileContext: Sendable {
    /// Unique to this run, also in every line of ``logger``.
    package var reconcileID: String
    /// How many runs for this key have failed since the last success.
    package var failures: Int
    /// Carries `controller`, `namespace`, `name` and `reconcileID`.
    package var logger: Logger

    package init(reconcileID: String, failures: Int, logger: Logger) {
        self.reconcileID = reconcileID
        self.failures = failures
        self.logger = logger
    }
}
