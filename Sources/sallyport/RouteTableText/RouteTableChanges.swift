// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable

/// Finds what to print where the table cannot be redrawn: each change once.
struct RouteTableChanges {
    private var shown: [RouteKey: String] = [:]
    private var hasHeader = false

    /// The rows that differ from what was shown, and the names that went.
    mutating func lines(for snapshot: RouteSnapshot, text: RouteTableText) -> [String] {
        let (changed, gone) = update(to: snapshot)
        let all = snapshot.sorted.map(RouteRow.init)
        var lines: [String] = []
        if !hasHeader, !changed.isEmpty {
            lines.append(text.header(for: all))
            hasHeader = true
        }
        return lines + text.rows(changed.map(RouteRow.init), among: all)
            + gone.map { TerminalText.escaped("\($0): withdrawn") }
    }

    /// The same in the words of the route stream, without credentials: a document a line.
    mutating func json(for snapshot: RouteSnapshot) -> [JSONValue] {
        let (changed, gone) = update(to: snapshot)
        return changed.map { route in
            [
                "type": "PUT", "revision": snapshot.revision.json,
                "route": route.route.redactedJSON(version: route.version),
            ]
        } + gone.map { ["type": "DELETE", "revision": snapshot.revision.json, "key": .string($0.description)] }
    }

    private mutating func update(to snapshot: RouteSnapshot) -> (changed: [VersionedRoute], gone: [RouteKey]) {
        let routes = snapshot.sorted
        let changed = routes.filter { shown[$0.route.key] != $0.version }
        let gone = shown.keys.filter { snapshot[$0] == nil }.sorted()
        shown = Dictionary(routes.map { ($0.route.key, $0.version) }) { _, new in new }
        return (changed, gone)
    }
}

extension RouteSnapshot {
    /// What `routes --format json` prints: no credential in it.
    var redactedJSON: JSONValue {
        [
            "revision": revision.json,
            "routes": .array(sorted.map { $0.route.redactedJSON(version: $0.version) }),
        ]
    }
}
