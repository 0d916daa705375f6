// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
package import KubernetesAPI
import YAML

/// One object of a manifest file.
package struct ManifestObject: Sendable {
    /// What kind of object, as far as Sallyport reads it.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case server = "MCPServer"
        case secret = "Secret"
        case grant = "ReferenceGrant"
    }

    /// What makes two objects the same one.
    package struct Identity: Hashable, Sendable {
        /// Which of the kinds that are read.
        package var kind: Kind
        /// With namespace `default` where the file names none.
        package var key: ObjectKey
    }

    /// What makes two objects the same one, wherever they stand.
    package let identity: Identity
    /// The object as JSON, with its namespace filled in.
    let value: JSONValue
    let document: MarkedDocument
    /// Where in the document the object is: not at its root when it is an item of a `List`.
    let place: JSONPointer

    /// The path as it was given, for messages.
    package var file: String { document.file }

    /// A problem of this object, at the given field or, where that is absent, at its nearest parent.
    func problem(_ reason: String, at field: JSONPointer, _ message: String) -> ManifestProblem {
        let position = position(of: field)
        return ManifestProblem(
            file: file,
            line: position.line,
            column: position.column,
            kind: identity.kind.rawValue,
            namespace: identity.key.namespace,
            name: identity.key.name,
            field: field.fieldPath,
            reason: reason,
            message: message
        )
    }

    private func position(of field: JSONPointer) -> SourcePosition {
        var tokens = place.tokens + field.tokens
        while true {
            if let position = document.keyPosition(of: JSONPointer(tokens)) { return position }
            guard !tokens.isEmpty else { return document.position }
            tokens.removeLast()
        }
    }
}
