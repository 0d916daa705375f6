// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import YAML

/// A value in a kubeconfig, with its place in the file for messages.
///
/// Messages name keys and places and never quote values, which may be secret.
struct KubeconfigNode {
    private let document: MarkedDocument
    private let pointer: JSONPointer
    private let value: JSONValue

    init(_ document: MarkedDocument) {
        self.init(document: document, pointer: JSONPointer(), value: document.value)
    }

    private init(document: MarkedDocument, pointer: JSONPointer, value: JSONValue) {
        self.document = document
        self.pointer = pointer
        self.value = value
    }

    /// The member of that name, or `nil` if it is absent or `null`.
    func member(_ key: String) throws(ClusterConfigurationError) -> KubeconfigNode? {
        guard case .object(let members) = value else { throw problem("must be a mapping, not \(value.kind)") }
        guard let member = members[key], member != .null else { return nil }
        return KubeconfigNode(document: document, pointer: pointer.appending(.key(key)), value: member)
    }

    /// The member of that name if it is a text; kubectl writes absent texts as empty ones, so those are `nil`.
    func text(_ key: String) throws(ClusterConfigurationError) -> String? {
        guard let member = try member(key) else { return nil }
        guard case .string(let text) = member.value else {
            throw member.problem("must be a string, not \(member.value.kind)")
        }
        return text.isEmpty ? nil : text
    }

    /// The member of that name if it is a truth value; `false` if absent.
    func flag(_ key: String) throws(ClusterConfigurationError) -> Bool {
        guard let member = try member(key) else { return false }
        guard case .bool(let flag) = member.value else {
            throw member.problem("must be true or false, not \(member.value.kind)")
        }
        return flag
    }

    /// Whether the member is there and holds anything.
    func has(_ key: String) throws(ClusterConfigurationError) -> Bool {
        switch try member(key)?.value {
        case nil, .string(""), .array([]): false
        case .object(let members): !members.isEmpty
        default: true
        }
    }

    /// The content of the entry of a list of `{name: …, ‹content›: …}`.
    ///
    /// - Returns: `nil` if there is none of that name.
    /// - Throws: If any two entries share a name, or the entry has no content.
    func entry(
        named name: String,
        of list: String,
        content: String
    ) throws(ClusterConfigurationError) -> KubeconfigNode? {
        guard let entries = try member(list) else { return nil }
        guard case .array(let elements) = entries.value else {
            throw entries.problem("must be a list, not \(entries.value.kind)")
        }
        var names: Set<String> = []
        var found: KubeconfigNode?
        for (position, element) in elements.enumerated() {
            let entry = KubeconfigNode(
                document: document,
                pointer: entries.pointer.appending(.index(position)),
                value: element
            )
            guard let entryName = try entry.text("name") else { throw entry.problem("has no name") }
            guard names.insert(entryName).inserted else {
                throw entry.problem("has the name '\(entryName)', which an entry before it has too")
            }
            guard entryName == name else { continue }
            guard let inner = try entry.member(content) else { throw entry.problem("has no '\(content)'") }
            found = inner
        }
        return found
    }

    /// An error about this value, or about a member of it that may be absent.
    func problem(
        _ reason: String,
        in key: String? = nil,
        _ code: ClusterConfigurationError.Code = .invalidValue,
        advice: String = "Check the file"
    ) -> ClusterConfigurationError {
        let place = key.map { pointer.appending(.key($0)) } ?? pointer
        let position = document.position(of: place) ?? document.position(of: pointer) ?? document.position
        let subject = place.tokens.isEmpty ? "the file" : "'\(place.fieldPath)'"
        return ClusterConfigurationError(
            code,
            "Could not use the kubeconfig: \(document.file):\(position): \(subject) \(reason). \(advice)."
        )
    }
}
