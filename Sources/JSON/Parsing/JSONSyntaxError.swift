// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A text that is not JSON, or not JSON that we accept.
package struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The number of bytes before the problem.
    package var offset: Int
    /// The line of the problem; the first is 1.
    package var line: Int
    /// The character of the problem within its line; the first is 1.
    package var column: Int
    /// What is wrong, as a sentence without a full stop.
    ///
    /// It quotes no more than a member's name from the text.
    package var problem: String

    package init(offset: Int, line: Int, column: Int, problem: String) {
        self.offset = offset
        self.line = line
        self.column = column
        self.problem = problem
    }

    package var description: String { "line \(line), column \(column): \(problem)" }
}

/// A place in a text that arrives in pieces.
struct JSONTextPosition: Hashable, Sendable {
    var offset = 0
    var line = 1
    var column = 1

    /// Moves past the first `count` of `bytes`.
    mutating func advance(over bytes: Span<UInt8>, count: Int) {
        offset += count
        for index in 0..<count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0b1100_0000 != 0b1000_0000 {
                column += 1
            }
        }
    }

    func advanced(over bytes: Span<UInt8>, count: Int) -> JSONTextPosition {
        var copy = self
        copy.advance(over: bytes, count: count)
        return copy
    }

    func error(_ problem: String) -> JSONSyntaxError {
        JSONSyntaxError(offset: offset, line: line, column: column, problem: problem)
    }
}
