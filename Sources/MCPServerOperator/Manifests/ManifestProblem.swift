// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// Something wrong in a manifest, and where.
package struct ManifestProblem: Hashable, Sendable, JSONEncodable, CustomStringConvertible {
    /// The path as it was given, or `-` for standard input.
    package var file: String
    /// From 1; 0 where the file as a whole is meant.
    package var line: Int
    /// From 1; 0 where the file as a whole is meant.
    package var column: Int
    /// Empty where it is not about an object, as are the next three.
    package var kind: String
    /// Empty if the problem is about the file.
    package var namespace: String
    /// Empty if the problem is about the file.
    package var name: String
    /// As `spec.auth.forwardToken`.
    package var field: String
    /// A condition's reason, or `Unreadable`, `InvalidYAML`, `NotAnObject`, `Duplicate`.
    package var reason: String
    /// A full sentence.
    package var message: String

    package init(
        file: String,
        line: Int = 0,
        column: Int = 0,
        kind: String = "",
        namespace: String = "",
        name: String = "",
        field: String = "",
        reason: String,
        message: String
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.field = field
        self.reason = reason
        self.message = message
    }

    package var json: JSONValue {
        [
            "file": file.json, "line": line.json, "column": column.json, "kind": kind.json,
            "namespace": namespace.json, "name": name.json, "field": field.json, "reason": reason.json,
            "message": message.json,
        ]
    }

    /// `file:line:column: kind namespace/name: reason: message`, without the parts it does not have.
    package var description: String {
        let place = line > 0 ? "\(file):\(line):\(column)" : file
        let object = name.isEmpty ? nil : "\(kind) \(namespace)/\(name)"
        return [place, object, reason, message].compactMap(\.self).joined(separator: ": ")
    }
}
