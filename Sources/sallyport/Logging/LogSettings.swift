// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Logging

/// How to log, from the environment.
struct LogSettings: Sendable, Hashable {
    enum Format: String, Sendable, CaseIterable {
        /// For people: `time level message key=value`.
        case text
        /// For collectors: one object a line.
        case json
    }

    /// A variable that holds something else than its words.
    struct UnknownWord: Error, Sendable, Hashable, CustomStringConvertible {
        var variable: String
        var value: String
        var words: [String]

        var description: String {
            """
            Could not use \(variable)='\(value.prefix(40))': it must be one of \(words.joined(separator: ", ")). \
            Correct or unset it.
            """
        }
    }

    static let levelVariable = "SALLYPORT_LOG_LEVEL"
    static let formatVariable = "SALLYPORT_LOG_FORMAT"

    var level: Logger.Level = .info
    var format: Format = .text

    init() {}

    /// - Parameters:
    ///   - environment: An empty variable counts as unset.
    ///   - usualLevel: The level where the environment names none.
    /// - Throws: ``UnknownWord`` for a level or a format that does not exist.
    init(environment: [String: String], usualLevel: Logger.Level = .info) throws(UnknownWord) {
        level = usualLevel
        if let word = environment[Self.levelVariable], !word.isEmpty {
            guard let level = Logger.Level(rawValue: word.lowercased()) else {
                throw UnknownWord(
                    variable: Self.levelVariable,
                    value: word,
                    words: Logger.Level.allCases.map(\.rawValue)
                )
            }
            self.level = level
        }
        if let word = environment[Self.formatVariable], !word.isEmpty {
            guard let format = Format(rawValue: word.lowercased()) else {
                throw UnknownWord(variable: Self.formatVariable, value: word, words: Format.allCases.map(\.rawValue))
            }
            self.format = format
        }
    }
}
