// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A text that is no YAML, or has no meaning as JSON.
package struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the file, as the caller gave it.
    package var file: String
    /// The line of the problem; the first is 1.
    package var line: Int
    /// The character within its line; the first is 1.
    package var column: Int
    /// What is wrong and what to do about it, in full sentences.
    ///
    /// It quotes no more than a key, an anchor or a number from the text, so it can be logged where values are secret.
    package var problem: String

    package init(file: String, line: Int, column: Int, problem: String) {
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem
    }

    init(file: String, at position: SourcePosition, _ problem: String) {
        self.init(file: file, line: position.line, column: position.column, problem: problem)
    }

    /// `file:line:column: problem`, which editors and terminals turn into a link.
    package var description: String { "\(file):\(line):\(column): \(problem)" }
}
