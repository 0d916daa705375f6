// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// How a ``Controller`` works.
package struct ControllerConfiguration: Hashable, Sendable {
    /// The controller's name in logs and metrics.
    package var name: String
    /// How many reconciles run at a time.
    package var workers: Int
    /// When a reconcile is cancelled and counted as failed.
    package var reconcileTimeout: Duration
    /// How long running reconciles may take to end after the controller is cancelled.
    package var shutdownTimeout: Duration
    /// How long to wait for the first lists before giving up; `nil` waits as long as it takes.
    package var syncTimeout: Duration?

    package init(
        name: String,
        workers: Int = 1,
        reconcileTimeout: Duration = .seconds(120),
        shutdownTimeout: Duration = .seconds(30),
        syncTimeout: Duration? = .seconds(120)
    ) {
        self.name = name
        self.workers = max(workers, 1)
        self.reconcileTimeout = reconcileTimeout
        self.shutdownTimeout = shutdownTimeout
        self.syncTimeout = syncTimeout
    }
}
