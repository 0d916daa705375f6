// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// The fields of a custom resource, read from its definition.
struct FieldReference {
    private var rows: [[String]] = []

    /// - Parameter definition: A `CustomResourceDefinition`; its first version counts.
    init(definition: JSONValue) {
        let schema = definition["spec"]?["versions"]?[0]?["schema"]?["openAPIV3Schema"]
        for part in ["spec", "status"] {
            guard let properties = schema?["properties"]?[part] else { continue }
            add(properties, at: part, isRequired: false)
        }
    }

    /// The rows as a Markdown table.
    var markdown: String {
        MarkdownTable(columns: ["Field", "Type", "Default", "Meaning"], rows: rows).text
    }

    private mutating func add(_ schema: JSONValue, at path: String, isRequired: Bool) {
        let description = schema["description"]?.stringValue ?? ""
        let absence =
            schema["default"].map { "`\($0.serializedText(.compact))`" } ?? (isRequired ? "required" : "")
        rows.append(["`\(path)`", Self.type(of: schema), absence, description])
        addMembers(of: schema, at: path)
        if let items = schema["items"] { addMembers(of: items, at: path + "[]") }
    }

    private mutating func addMembers(of schema: JSONValue, at path: String) {
        let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
        for (name, member) in schema["properties"]?.objectValue ?? JSONObject() {
            add(member, at: "\(path).\(name)", isRequired: required.contains(name))
        }
    }

    private static func type(of schema: JSONValue) -> String {
        let type = schema["type"]?.stringValue ?? "any"
        if let words = schema["enum"]?.arrayValue {
            return words.map { "`\($0.stringValue ?? $0.serializedText(.compact))`" }.joined(separator: ", ")
        }
        if type == "array", let items = schema["items"] { return "list of \(Self.type(of: items))" }
        if type == "object", let values = schema["additionalProperties"], values.objectValue != nil {
            return "map of \(Self.type(of: values))"
        }
        return type
    }
}
