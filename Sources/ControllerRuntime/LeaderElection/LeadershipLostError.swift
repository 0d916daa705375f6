// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// This replica led and does so no longer; its process should end, so that nothing of it goes on.
package struct LeadershipLostError: Error, Hashable, CustomStringConvertible {
    /// How it was lost.
    package enum Code: String, Hashable, Sendable {
        /// It could not be renewed in time.
        case overdue
        /// Somebody else holds the Lease.
        case taken
    }

    /// What callers decide by.
    package let code: Code
    /// What happened, and what to check.
    package let message: String
    package var description: String { message }

    static func overdue(_ deadline: Duration, because cause: String?) -> LeadershipLostError {
        let reason = cause.map { "the last attempt failed: \($0)" } ?? "this process did not run"
        return LeadershipLostError(
            code: .overdue,
            message:
                "Could not renew leadership within \(deadline): \(reason) Check the API server and this node's load."
        )
    }

    static func taken(by holder: String) -> LeadershipLostError {
        LeadershipLostError(
            code: .taken,
            message: """
                Could not keep leadership: '\(holder.prefix(128))' holds the Lease. Check who else writes the Lease, and \
                whether this process was paused.
                """
        )
    }
}
