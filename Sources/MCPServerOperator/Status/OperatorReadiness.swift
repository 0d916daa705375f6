// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Whether the operator does its work, and what keeps it from it.
package struct OperatorReadiness: Hashable, Sendable {
    /// Whether every source it cannot do without has been read.
    package var isReady: Bool
    /// Full sentences; may be there although it is ready, when it works with what it read last.
    package var problems: [String]

    package init(isReady: Bool, problems: [String]) {
        self.isReady = isReady
        self.problems = problems
    }
}
