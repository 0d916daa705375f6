// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A table whose columns line up; what does not fit is cut from the widest columns first.
struct TextTable {
    private static let gap = "  "
    /// No column is cut to less than this.
    private static let narrowest = 8

    let columns: [String]
    /// What a line may take.
    let width: Int
    let colours: Bool

    /// The header of a table with these rows, or some of them; each row has a cell for each column.
    func header(for rows: [[String]]) -> String {
        TerminalStyle.bold.applied(to: line(columns, widths(rows)) { _ in .plain }, if: colours)
    }

    /// Some rows, lined up as in the table that shows all.
    func rows(
        _ rows: [[String]],
        among all: [[String]],
        style: (_ row: Int, _ column: Int) -> TerminalStyle = { _, _ in .plain }
    ) -> [String] {
        let widths = widths(all)
        return rows.enumerated().map { number, cells in line(cells, widths) { style(number, $0) } }
    }

    /// A text from elsewhere as a cell: it cannot act on the terminal, and is never empty.
    static func cell(_ text: String) -> String { text.isEmpty ? "-" : TerminalText.escaped(text) }

    private func widths(_ rows: [[String]]) -> [Int] {
        let wanted = columns.indices.map { column in
            rows.reduce(TerminalText.width(columns[column])) { max($0, TerminalText.width($1[column])) }
        }
        return fit(wanted)
    }

    private func line(_ cells: [String], _ widths: [Int], _ style: (_ column: Int) -> TerminalStyle) -> String {
        var parts: [String] = []
        for (column, cell) in cells.enumerated() {
            let isLast = column == cells.count - 1
            let text =
                isLast
                ? TerminalText.shortened(cell, to: widths[column]) : TerminalText.fitted(cell, to: widths[column])
            parts.append(style(column).applied(to: text, if: colours))
        }
        return parts.joined(separator: Self.gap)
    }

    /// Takes columns from the widest until all fit.
    private func fit(_ widths: [Int]) -> [Int] {
        var widths = widths
        var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - width
        while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > Self.narrowest
        {
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }
}
