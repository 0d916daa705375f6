// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// How urgent a key is.
package enum WorkPriority: Int, Sendable, Comparable, CaseIterable {
    /// Objects of the first list and of a resync: nobody waits for them.
    case low
    /// Something changed just now.
    case normal

    package static func < (left: WorkPriority, right: WorkPriority) -> Bool { left.rawValue < right.rawValue }
}
