// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What a worker found out about a key it hands back.
package enum WorkVerdict: Hashable, Sendable {
    /// Done until something changes.
    case settled
    /// Done, and to be looked at again even if nothing changes.
    case requeue(after: Duration)
    /// To be tried again, later with each failure.
    case failed
    /// Failed in a way that trying again cannot heal.
    case abandoned
}
