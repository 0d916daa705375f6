// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPServerOperator

/// Writes servers as a table whose columns line up.
///
/// What does not fit is cut from the widest columns first; what has to be read in full, messages and remedies, stands
/// below the table.
struct StatusTable {
    private static let columns = ["NAMESPACE", "NAME", "URL", "AUTH", "READY", "REASON", "PROGRAMMED", "AGE"]
    private static let readyColumn = 4
    private static let programmedColumn = 6
    /// The least room for a name.
    private static let narrowest = 8

    let width: Int
    let colours: Bool

    /// The lines of the whole picture.
    func lines(_ picture: StatusPicture) -> [String] {
        var lines = table(picture.rows)
        if picture.rows.isEmpty { lines = ["No MCPServer found."] }
        for row in picture.rows where row.ready != .yes { lines += explanation(of: row) }
        if !picture.problems.isEmpty {
            lines += ["", TerminalStyle.red.applied(to: "Files with problems:", if: colours)]
            for problem in picture.problems { lines += wrapped(problem.description, indent: 2) }
        }
        return lines + ["", summary(picture)]
    }

    /// The same in at most that many lines, for a terminal that cannot scroll back to redraw.
    func lines(_ picture: StatusPicture, atMost limit: Int) -> [String] {
        let all = lines(picture)
        guard all.count > limit, limit > 2, let last = all.last else { return all }
        return all.prefix(limit - 2) + [
            "… \(all.count - limit + 1) more lines: `sallyport serve --once` shows all", last,
        ]
    }

    /// Header and rows.
    func table(_ rows: [StatusRow]) -> [String] {
        rows.isEmpty ? [] : [header(for: rows)] + self.rows(rows, among: rows)
    }

    /// The header of a table that shows these rows, or some of them.
    func header(for rows: [StatusRow]) -> String { layout.header(for: rows.map(Self.cells)) }

    /// Some rows, lined up as in the table that shows all.
    func rows(_ rows: [StatusRow], among all: [StatusRow]) -> [String] {
        layout.rows(rows.map(Self.cells), among: all.map(Self.cells)) { row, column in
            switch column {
            case Self.readyColumn: rows[row].ready.style
            case Self.programmedColumn: rows[row].programmed.style
            default: .plain
            }
        }
    }

    private var layout: TextTable { TextTable(columns: Self.columns, width: width, colours: colours) }

    private static func cells(_ row: StatusRow) -> [String] {
        [
            row.namespace, row.name, row.url, row.authMode, row.ready.rawValue, row.reason, row.programmed.rawValue,
            AgeText.format(row.age),
        ].map(TextTable.cell)
    }

    private func explanation(of row: StatusRow) -> [String] {
        let reason = TerminalText.escaped(row.reason)
        let room = max(Self.narrowest, width - TerminalText.width(reason) - 2)
        let name = TerminalText.shortened(TerminalText.escaped("\(row.namespace)/\(row.name)"), to: room)
        let title = "\(row.ready.style.applied(to: name, if: colours)): \(reason)"
        return ["", title] + wrapped(row.message, indent: 2)
            + (row.remedy.isEmpty ? [] : wrapped("→ \(row.remedy)", indent: 2))
    }

    private func wrapped(_ text: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        return TerminalText.wrapped(TerminalText.escaped(text), to: width - indent)
            .map { margin + TerminalText.shortened($0, to: width - indent) }
    }

    private func summary(_ picture: StatusPicture) -> String {
        let ready = picture.rows.count { $0.ready == .yes }
        return "\(ready) of \(picture.rows.count) ready"
            + (picture.problems.isEmpty ? "" : ", \(problemCount(picture))")
    }

    private func problemCount(_ picture: StatusPicture) -> String {
        picture.problems.count == 1 ? "1 file problem" : "\(picture.problems.count) file problems"
    }
}

/// Ages as kubectl writes them: the two largest units while they matter.
enum AgeText {
    static func format(_ age: Duration) -> String {
        let seconds = max(0, age.components.seconds)
        let minutes = seconds / 60
        let hours = minutes / 60
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<600: return seconds % 60 == 0 ? "\(minutes)m" : "\(minutes)m\(seconds % 60)s"
        case ..<10_800: return "\(minutes)m"
        case ..<172_800: return "\(hours)h"
        default: return "\(hours / 24)d"
        }
    }
}
