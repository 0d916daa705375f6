// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI
import YAML

/// What one text holds: objects, the kinds that are not read, and what is wrong with it.
struct ManifestFile: Sendable {
    private(set) var objects: [ManifestObject] = []
    /// Kinds that Sallyport ignores, and how many of each.
    private(set) var otherKinds: [String: Int] = [:]
    private(set) var problems: [ManifestProblem] = []

    /// - Throws: ``YAMLError`` if the text is no YAML; then there is nothing of it to use.
    init(_ text: String, file: String) throws(YAMLError) {
        for document in try YAMLDocuments.parse(text, file: file) {
            add(document.value, in: document, at: JSONPointer())
        }
    }

    private mutating func add(_ value: JSONValue, in document: MarkedDocument, at place: JSONPointer) {
        guard let object = value.objectValue, case .string(let kind)? = object["kind"] else {
            problems.append(
                Self.problem(
                    "NotAnObject",
                    document,
                    place,
                    "This is no Kubernetes object: it has no kind. Add apiVersion and kind."
                )
            )
            return
        }
        let apiVersion = object["apiVersion"]?.stringValue ?? ""
        if kind.hasSuffix("List"), let items = object["items"]?.arrayValue {
            for (index, item) in items.enumerated() {
                add(item, in: document, at: JSONPointer(place.tokens + [.key("items"), .index(index)]))
            }
            return
        }
        guard let known = ManifestObject.Kind(rawValue: kind), Self.isRead(known, apiVersion) else {
            if kind == ManifestObject.Kind.server.rawValue, apiVersion.hasPrefix(MCPServer.resourceType.group) {
                let expected = MCPServer.resourceType.apiVersion
                problems.append(
                    Self.problem(
                        ConditionReason.invalidSpec.rawValue,
                        document,
                        JSONPointer(place.tokens + [.key("apiVersion")]),
                        "The apiVersion '\(apiVersion)' is not served. Write '\(expected)'."
                    )
                )
                return
            }
            otherKinds[kind, default: 0] += 1
            return
        }
        add(known, value, in: document, at: place)
    }

    private mutating func add(
        _ kind: ManifestObject.Kind,
        _ value: JSONValue,
        in document: MarkedDocument,
        at place: JSONPointer
    ) {
        var value = value
        var object = value.objectValue ?? JSONObject()
        guard var metadata = object["metadata"]?.objectValue, let name = metadata["name"]?.stringValue, !name.isEmpty
        else {
            problems.append(
                Self.problem(
                    "NotAnObject",
                    document,
                    JSONPointer(place.tokens + [.key("metadata")]),
                    "This \(kind.rawValue) has no metadata.name. Add it."
                )
            )
            return
        }
        let namespace = metadata["namespace"]?.stringValue ?? ""
        let key = ObjectKey(namespace: namespace.isEmpty ? "default" : namespace, name: name)
        metadata["namespace"] = .string(key.namespace)
        object["metadata"] = .object(metadata)
        value = .object(object)
        let identity = ManifestObject.Identity(kind: kind, key: key)
        objects.append(ManifestObject(identity: identity, value: value, document: document, place: place))
    }

    private static func isRead(_ kind: ManifestObject.Kind, _ apiVersion: String) -> Bool {
        switch kind {
        case .server: apiVersion == MCPServer.resourceType.apiVersion
        case .secret: apiVersion == Secret.resourceType.apiVersion
        case .grant: apiVersion.hasPrefix(ReferenceGrant.resourceType.group + "/")
        }
    }

    private static func problem(
        _ reason: String,
        _ document: MarkedDocument,
        _ place: JSONPointer,
        _ message: String
    ) -> ManifestProblem {
        let position = document.position(of: place) ?? document.position
        return ManifestProblem(
            file: document.file,
            line: position.line,
            column: position.column,
            field: place.fieldPath,
            reason: reason,
            message: message
        )
    }
}
