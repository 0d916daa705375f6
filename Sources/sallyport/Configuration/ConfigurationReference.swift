// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// The configuration keys as rows for the reference.
enum ConfigurationReference {
    struct Row: Sendable {
        /// Dotted, with `[]` for the entries of a list.
        var path: String
        var lastName: String
        var kind: String
        /// The default as Markdown.
        var absence: String
        var help: String
    }

    static let rows = rows(of: ConfigurationSchema.keys, under: "")

    private static func rows(of keys: [ConfigurationKey], under parent: String) -> [Row] {
        keys.flatMap { key in
            let path = parent.isEmpty ? key.name : "\(parent).\(key.name)"
            let row = Row(
                path: path,
                lastName: key.name,
                kind: key.kind.phrase,
                absence: absence(of: key),
                help: key.help
            )
            switch key.kind {
            case .record(let members): return [row] + rows(of: members, under: path)
            case .list(.record(let members)): return [row] + rows(of: members, under: path + "[]")
            default: return [row]
            }
        }
    }

    private static func absence(of key: ConfigurationKey) -> String {
        switch key.absence {
        case .refused: return "required"
        case .means(let value): return "`\(value.serializedText(.compact))`"
        case .follows(let phrase):
            if case .record = key.kind { return "" }
            return phrase
        }
    }

    /// The rows as a Markdown table.
    static var markdown: String {
        MarkdownTable(
            columns: ["Key", "Value", "Default", "Meaning"],
            rows: rows.map { ["`\($0.path)`", $0.kind, $0.absence, $0.help] }
        ).text
    }
}
