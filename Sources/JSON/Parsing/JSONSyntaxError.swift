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

    /// Moves past some bytes, in one pass when there is no line break among them, as in the lists of an API server.
    mutating func advance(over bytes: ArraySlice<UInt8>) {
        var newlines = 0
        var characters = 0
        for byte in bytes {
            newlines &+= byte == UInt8(ascii: "\n") ? 1 : 0
            characters &+= byte & 0b1100_0000 != 0b1000_0000 ? 1 : 0
        }
        if newlines > 0, let end = bytes.lastIndex(of: UInt8(ascii: "\n")) {
            line += newlines
            column = 1
            characters = bytes[(end + 1)...].reduce(0) { $0 + ($1 & 0b1100_0000 != 0b1000_0000 ? 1 : 0) }
        }
        column += characters
        offset += bytes.count
    }

    /// The position after the first `count` of `bytes`; for errors only, as it is slow.
    func advanced(over bytes: Span<UInt8>, count: Int) -> JSONTextPosition {
        var position = self
        position.offset += count
        for index in 0..<count {
            if bytes[index] == UInt8(ascii: "\n") {
                position.line += 1
                position.column = 1
            } else if bytes[index] & 0b1100_0000 != 0b1000_0000 {
                position.column += 1
            }
        }
        return position
    }

    func error(_ problem: String) -> JSONSyntaxError {
        JSONSyntaxError(offset: offset, line: line, column: column, problem: problem)
    }
}
