// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A table as Markdown, for the generated parts of the reference.
struct MarkdownTable {
    var columns: [String]
    var rows: [[String]]

    var text: String {
        let lines = [columns, columns.map { _ in "---" }] + rows
        return lines.map { "| \($0.map(Self.cell).joined(separator: " | ")) |\n" }.joined()
    }

    private static func cell(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("\n", with: " ")
    }
}
