// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPServerOperator

/// Finds what to print where the table cannot be redrawn: each change once.
struct StatusChanges {
    private var shown: [String: StatusRow] = [:]
    private var problems: Set<String> = []
    private var hasHeader = false

    /// The rows that differ from what was shown, the names that went, and the file problems that are new.
    mutating func lines(for picture: StatusPicture, table: StatusTable) -> [String] {
        let changed = picture.rows.filter { shown[Self.key($0)] != $0.withoutAge }
        let current = Set(picture.rows.map(Self.key))
        let gone = shown.keys.filter { !current.contains($0) }.sorted()
        let fresh = picture.problems.filter { !problems.contains($0.description) }
        let solved = problems.subtracting(picture.problems.map(\.description)).sorted()
        shown = Dictionary(picture.rows.map { (Self.key($0), $0.withoutAge) }) { _, new in new }
        problems = Set(picture.problems.map(\.description))

        var lines: [String] = []
        if !hasHeader, !changed.isEmpty {
            lines.append(table.header(for: picture.rows))
            hasHeader = true
        }
        lines += table.rows(changed, among: picture.rows)
        for row in changed where row.ready != .yes {
            lines.append(TerminalText.escaped("  \(Self.key(row)): \(row.message) → \(row.remedy)"))
        }
        lines += gone.map { TerminalText.escaped("\($0): withdrawn") }
        lines += fresh.map { TerminalText.escaped("problem: \($0.description)") }
        lines += solved.map { TerminalText.escaped("solved: \($0)") }
        return lines
    }

    private static func key(_ row: StatusRow) -> String { "\(row.namespace)/\(row.name)" }
}
