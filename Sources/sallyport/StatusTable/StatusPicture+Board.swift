// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerOperator

extension StatusPicture {
    /// - Parameters:
    ///   - board: What the operator knows.
    ///   - now: The time since 1970-01-01T00:00:00Z, for the ages.
    init(_ board: StatusBoard.Picture, now: Duration) {
        self.init(
            rows: board.rows.map { row in
                StatusRow(
                    namespace: row.key.namespace,
                    name: row.key.name,
                    url: row.url,
                    authMode: row.authMode,
                    ready: StatusRow.Verdict(row.ready),
                    reason: row.reason,
                    programmed: StatusRow.Verdict(row.programmed),
                    age: now - row.firstSeen,
                    message: row.message,
                    remedy: row.remedy
                )
            },
            problems: board.problems
        )
    }
}

extension StatusRow.Verdict {
    init(_ status: Condition.Status) {
        switch status {
        case .true: self = .yes
        case .false: self = .no
        case .unknown: self = .unknown
        }
    }
}
