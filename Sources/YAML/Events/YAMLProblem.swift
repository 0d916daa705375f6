// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// libyaml's terse problems as sentences with a remedy.
enum YAMLProblem {
    /// - Parameters:
    ///   - problem: libyaml's own words.
    ///   - character: The character at the problem, if known.
    ///   - context: What libyaml was doing, in its own words, such as `while parsing a block mapping`.
    ///   - contextStart: Where that began.
    /// - Returns: What is wrong, and what to do about it.
    static func sentence(
        _ problem: String,
        character: Unicode.Scalar?,
        context: String?,
        contextStart: SourcePosition?
    ) -> String {
        var sentence = "Could not read the YAML: \(problem)"
        if let context {
            sentence += " \(context)"
            if let contextStart, contextStart.line > 0 { sentence += " that starts at \(contextStart)" }
        }
        return "\(sentence). \(remedy(for: problem, character: character))"
    }

    private static func remedy(for problem: String, character: Unicode.Scalar?) -> String {
        switch (problem, character) {
        case (_, "\t"): "Indent with spaces instead of tabs."
        case ("found character that cannot start any token", _): "Put the value in quotes."
        case ("mapping values are not allowed in this context", _):
            "Check the indentation, and put a value that holds ': ' in quotes."
        case ("did not find expected key", _), ("did not find expected '-' indicator", _):
            "Check the indentation of this line and of the line before."
        case ("could not find expected ':'", _): "Write 'key: value', with a colon and a space after the key."
        case ("did not find expected ',' or ']'", _): "Close the list with ']' and separate its elements by commas."
        case ("did not find expected ',' or '}'", _): "Close the mapping with '}' and separate its members by commas."
        case ("found unexpected end of stream", _): "Close the quotes."
        case ("control characters are not allowed", _): "Write the character as an escape in double quotes."
        case ("did not find expected <document start>", _): "Separate documents by a line '---'."
        case ("found undefined tag handle", _): "Remove the tag, or declare its handle with %TAG."
        default: "Check the line against the YAML syntax."
        }
    }
}
