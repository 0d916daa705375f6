// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A place in a text file.
package struct SourcePosition: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The line; the first is 1.
    package var line: Int
    /// The character within its line; the first is 1.
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// `line:column`.
    package var description: String { "\(line):\(column)" }

    /// Whether `left` comes earlier in the file.
    package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}
