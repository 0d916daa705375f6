// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import YAML

/// The objects of a set of manifest files, and everything that is wrong with the files themselves.
///
/// A value: loading a file again gives a new state, whoever reads the files. A file that no longer parses keeps its last
/// good objects and shows the error; of two files with one object, the first loaded has it.
package struct ManifestSet: Sendable {
    private struct Entry {
        /// The last content that could be parsed.
        var content: ManifestFile?
        var failure: ManifestProblem?
        /// Which load brought the file in: earlier files win.
        var order: Int
    }
    private var entries: [String: Entry] = [:]
    private var owners: [ManifestObject.Identity: String] = [:]
    private var loads = 0

    /// The objects that count, one for each identity.
    package private(set) var objects: [ManifestObject.Identity: ManifestObject] = [:]
    /// What is wrong with the files, sorted by place, but not what is wrong with their objects' content.
    package private(set) var problems: [ManifestProblem] = []
    /// Kinds that Sallyport ignores, and how many of each.
    package private(set) var otherKinds: [String: Int] = [:]

    package init() {}

    /// Takes the present content of files in; those not named stay as they are.
    ///
    /// Files are taken in the order given, which decides who has an object that two of them hold.
    package mutating func load(_ files: [ManifestSource]) {
        for file in files {
            loads += 1
            var entry = entries[file.name] ?? Entry(order: loads)
            switch file.content {
            case .text(let text):
                do throws(YAMLError) {
                    entry.content = try ManifestFile(text, file: file.name)
                    entry.failure = nil
                } catch {
                    entry.failure = ManifestProblem(
                        file: error.file,
                        line: error.line,
                        column: error.column,
                        reason: "InvalidYAML",
                        message: error.problem
                    )
                }
            case .unreadable(let reason):
                entry.failure = ManifestProblem(file: file.name, reason: "Unreadable", message: reason)
            case .absent:
                entries[file.name] = nil
                continue
            }
            entries[file.name] = entry
        }
        combine()
    }

    /// Decides anew who has which object: whoever had it keeps it, else the earliest file that holds it.
    private mutating func combine() {
        var claims: [ManifestObject.Identity: [(file: String, object: ManifestObject)]] = [:]
        problems = []
        otherKinds = [:]
        for (file, entry) in entries.sorted(by: { $0.value.order < $1.value.order }) {
            problems += [entry.failure].compactMap(\.self) + (entry.content?.problems ?? [])
            for (kind, count) in entry.content?.otherKinds ?? [:] { otherKinds[kind, default: 0] += count }
            for object in entry.content?.objects ?? [] { claims[object.identity, default: []].append((file, object)) }
        }
        objects = [:]
        for (identity, claims) in claims {
            guard let winner = claims.firstIndex(where: { $0.file == owners[identity] }) ?? claims.indices.first else {
                continue
            }
            objects[identity] = claims[winner].object
            for (index, claim) in claims.enumerated() where index != winner {
                problems.append(
                    claim.object.problem(
                        "Duplicate",
                        at: .field("metadata", "name"),
                        "\(identity.kind.rawValue) '\(identity.key)' is in '\(claims[winner].file)' already, which counts; "
                            + "the one in '\(claim.file)' does not. Remove one of them."
                    )
                )
            }
        }
        owners = objects.mapValues(\.file)
        problems.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
    }
}

/// One file as it was found.
package struct ManifestSource: Sendable {
    /// What reading a file gave.
    package enum Content: Sendable {
        case text(String)
        /// A sentence that says why.
        case unreadable(String)
        case absent
    }

    /// As it shall appear in messages.
    package var name: String
    /// Replaces what the file held before, unless it cannot be read.
    package var content: Content

    package init(name: String, content: Content) {
        self.name = name
        self.content = content
    }
}
