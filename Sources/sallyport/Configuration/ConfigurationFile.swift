// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesClient
import YAML

/// Reads and checks a configuration file as a whole.
enum ConfigurationFile {
    /// A file that cannot be used, with everything that is wrong with it.
    struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// One line each, `file:line:column: …` where there is a place.
        var lines: [String]
        var description: String { lines.joined(separator: "\n") }
    }

    static func read(_ path: String, files: FileReader = .system) throws(Refusal) -> Configuration {
        let text: String
        do throws(FileReadingError) { text = try files.text(of: path) } catch {
            throw Refusal(lines: [error.description])
        }
        return try parse(text, file: path)
    }

    /// Reads a configuration; `file` is the name that messages use.
    static func parse(_ text: String, file: String) throws(Refusal) -> Configuration {
        let documents: [MarkedDocument]
        do throws(YAMLError) { documents = try YAMLDocuments.parse(text, file: file) } catch {
            throw Refusal(lines: [error.description])
        }
        guard documents.count <= 1 else {
            throw Refusal(lines: ["\(file): holds \(documents.count) documents; a configuration is one."])
        }
        // An empty file configures nothing, like no file.
        guard let document = documents.first, document.value != .null else { return Configuration() }
        var checker = ConfigurationChecker(document: document.value)
        checker.check(document.value, against: ConfigurationSchema.keys)
        let problems = checker.problems + ConfigurationRules(document: document.value).problems
        guard problems.isEmpty else { throw Refusal(lines: lines(for: problems, in: document)) }
        do throws(JSONDecodingError) { return try Configuration(json: document.value) } catch {
            let problem = ConfigurationProblem(pointer: error.pointer, message: error.problem)
            throw Refusal(lines: lines(for: [problem], in: document))
        }
    }

    /// The problems in the order of their places.
    private static func lines(for problems: [ConfigurationProblem], in document: MarkedDocument) -> [String] {
        let placed = problems.map { problem in (place: place(of: problem, in: document), problem: problem) }
        return placed.sorted { ($0.place.line, $0.place.column) < ($1.place.line, $1.place.column) }.map { entry in
            let field = entry.problem.pointer.fieldPath
            let subject = field.isEmpty ? "" : "\(field): "
            return "\(document.file):\(entry.place.line):\(entry.place.column): \(subject)\(entry.problem.message)"
        }
    }

    /// Where the problem is, or, for a missing value, where the nearest thing around it begins.
    private static func place(of problem: ConfigurationProblem, in document: MarkedDocument) -> SourcePosition {
        var pointer = problem.pointer
        if problem.isAboutKey, let position = document.keyPosition(of: pointer) { return position }
        while true {
            if let position = document.position(of: pointer) { return position }
            guard pointer.tokens.popLast() != nil else { return document.position }
        }
    }
}
