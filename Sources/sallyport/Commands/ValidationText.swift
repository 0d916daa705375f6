// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPServerOperator

/// The result of `validate` for people: a line for each problem, the notes, and a summary.
struct ValidationText {
    let text: String

    init(_ report: ValidationReport) {
        var lines = report.problems.map(Self.line)
        lines += report.notes.map { "note: \($0)" }
        lines.append(Self.summary(report))
        text = lines.map { TerminalText.escaped($0) + "\n" }.joined()
    }

    /// `file:line:column: kind namespace/name: field: message (reason)`, without the parts it does not have.
    private static func line(_ problem: ManifestProblem) -> String {
        let place = problem.line > 0 ? "\(problem.file):\(problem.line):\(problem.column)" : problem.file
        let object = problem.name.isEmpty ? "" : "\(problem.kind) \(problem.namespace)/\(problem.name)"
        // Most messages begin with the field already.
        let field = problem.message.hasPrefix(problem.field) ? "" : problem.field
        let parts = [place, object, field, problem.message].filter { !$0.isEmpty }
        return "\(parts.joined(separator: ": ")) (\(problem.reason))"
    }

    private static func summary(_ report: ValidationReport) -> String {
        let objects = report.objects == 1 ? "1 object" : "\(report.objects) objects"
        guard !report.problems.isEmpty else { return "\(objects), no problems" }
        let files = Set(report.problems.map(\.file)).count
        let problems = report.problems.count == 1 ? "1 problem" : "\(report.problems.count) problems"
        return "\(objects), \(problems) in \(files == 1 ? "1 file" : "\(files) files")"
    }
}
