// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What a reconcile that did not throw asks for.
package enum ReconcileOutcome: Hashable, Sendable {
    /// Wait for the next change.
    case settled
    /// Come back even if nothing changes.
    case requeue(after: Duration)
}
