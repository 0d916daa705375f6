// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// What has been found so far, with the one place where its sentences are put together.
struct Findings {
    private(set) var problems: [ValidationProblem] = []
    private(set) var notes: [ValidationNote] = []

    /// Reports a field whose value breaks a rule, as in `‹field› is '‹value›', but ‹rule›. ‹What to write›`.
    mutating func reject(
        _ field: JSONPointer,
        found: String,
        but rule: String,
        write remedy: String,
        reason: ConditionReason = .invalidSpec
    ) {
        add(field, reason, "\(field.fieldPath) is '\(Self.quotable(found))', but \(rule). \(remedy)")
    }

    /// Reports a field whose value may be a secret or has no short text, as in `‹field› ‹problem›. ‹What to write›`.
    mutating func reject(_ field: JSONPointer, _ problem: String, write remedy: String) {
        add(field, .invalidSpec, "\(field.fieldPath) \(problem). \(remedy)")
    }

    /// Reports a field that must be there and is not.
    mutating func rejectMissing(_ field: JSONPointer, because rule: String, write remedy: String) {
        add(field, .invalidSpec, "\(field.fieldPath) is missing, but \(rule). \(remedy)")
    }

    mutating func note(_ field: JSONPointer, _ message: String) {
        notes.append(ValidationNote(field: field, message: "\(field.fieldPath) \(message)"))
    }

    private mutating func add(_ field: JSONPointer, _ reason: ConditionReason, _ message: String) {
        problems.append(ValidationProblem(field: field, reason: reason, message: message))
    }

    /// At most 80 characters, those that could disturb a terminal replaced.
    private static func quotable(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(81) {
            scalars.append(scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? "\u{FFFD}" : scalar)
        }
        return scalars.count > 80 ? String(scalars.prefix(77)) + "..." : String(scalars)
    }

    /// A URL without the parts that may hold credentials.
    static func withoutCredentials(_ url: String) -> String {
        var shown =
            url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? ""
        if shown.utf8.count < url.utf8.count { shown += "?..." }
        guard let start = shown.firstRange(of: "://")?.upperBound, let at = shown.lastIndex(of: "@") else {
            return shown
        }
        return shown[..<start] + "..." + shown[at...]
    }
}
