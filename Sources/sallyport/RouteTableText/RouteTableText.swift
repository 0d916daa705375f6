// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// Writes routes as a table whose columns line up.
struct RouteTableText {
    private static let columns = ["NAMESPACE", "NAME", "VERSION", "MODE", "URL", "RESOURCE", "CREDENTIAL"]

    let width: Int
    let colours: Bool

    /// The lines of the whole table; `state` is the last one.
    func lines(_ snapshot: RouteSnapshot, state: String) -> [String] {
        let rows = snapshot.sorted.map(RouteRow.init)
        guard !rows.isEmpty else { return ["No route is published.", "", fitted(state)] }
        return [header(for: rows)] + self.rows(rows, among: rows) + ["", fitted(state)]
    }

    /// The lines while there is no table yet.
    func waiting(_ state: String) -> [String] { [fitted(state)] }

    /// The same in at most that many lines, for a terminal that cannot scroll back to redraw.
    func lines(_ snapshot: RouteSnapshot, state: String, atMost limit: Int) -> [String] {
        let all = lines(snapshot, state: state)
        guard all.count > limit, limit > 2 else { return all }
        return all.prefix(limit - 2) + [
            fitted("… \(all.count - limit + 1) more lines: `sallyport routes` shows all"), fitted(state),
        ]
    }

    /// The header of a table that shows these rows, or some of them.
    func header(for rows: [RouteRow]) -> String { layout.header(for: rows.map(Self.cells)) }

    /// Some rows, lined up as in the table that shows all.
    func rows(_ rows: [RouteRow], among all: [RouteRow]) -> [String] {
        layout.rows(rows.map(Self.cells), among: all.map(Self.cells))
    }

    private var layout: TextTable { TextTable(columns: Self.columns, width: width, colours: colours) }

    private func fitted(_ text: String) -> String {
        TerminalText.shortened(TerminalText.escaped(text), to: width)
    }

    private static func cells(_ row: RouteRow) -> [String] {
        [row.namespace, row.name, row.version, row.mode, row.url, row.resource, row.credential].map(TextTable.cell)
    }
}
