// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPServerOperator

/// One server in the status table.
struct StatusRow: Sendable, Hashable {
    /// A condition in one word.
    enum Verdict: String, Sendable {
        case yes = "True"
        case no = "False"
        case unknown = "Unknown"

        var style: TerminalStyle {
            switch self {
            case .yes: .green
            case .no: .red
            case .unknown: .yellow
            }
        }
    }

    var namespace: String
    var name: String
    var url: String
    var authMode: String
    var ready: Verdict
    var reason: String
    var programmed: Verdict
    /// Since the object was first seen, or its creation in a cluster.
    var age: Duration
    /// The message of the condition that keeps the server from being ready; empty if it is.
    var message: String
    /// What to do about it; empty if nothing.
    var remedy: String

    /// The same row at any age: what counts as a change.
    var withoutAge: StatusRow {
        var row = self
        row.age = .zero
        return row
    }
}

/// Everything the status table shows.
struct StatusPicture: Sendable, Hashable {
    /// Sorted by namespace and name.
    var rows: [StatusRow]
    /// What is wrong with files.
    var problems: [ManifestProblem]

    /// Whether every server is ready and every file could be used.
    var isAllReady: Bool { problems.isEmpty && rows.allSatisfy { $0.ready == .yes } }
}
