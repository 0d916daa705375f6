// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A YAML document as the JSON value that Kubernetes sees, and where each part of it stands in its file.
package struct MarkedDocument: Sendable {
    /// The document as JSON.
    package let value: JSONValue
    /// The name of the file, as the caller gave it.
    package let file: String
    /// Where the document's value starts.
    package var position: SourcePosition { marks.start }
    private let marks: MarkTree

    init(value: JSONValue, file: String, marks: MarkTree) {
        self.value = value
        self.file = file
        self.marks = marks
    }

    /// Where the value at `pointer` starts; for an alias, where the alias stands.
    ///
    /// - Returns: `nil` when there is no such value.
    package func position(of pointer: JSONPointer) -> SourcePosition? {
        member(at: pointer)?.node.start
    }

    /// Where the key of the value at `pointer` starts; for an element of a sequence, where the element does.
    ///
    /// - Returns: `nil` when there is no such value.
    package func keyPosition(of pointer: JSONPointer) -> SourcePosition? {
        guard let member = member(at: pointer) else { return nil }
        return member.keyStart ?? member.node.start
    }

    private func member(at pointer: JSONPointer) -> MarkTree.Member? {
        var current = MarkTree.Member(keyStart: nil, node: marks)
        var value = value
        for token in pointer.tokens {
            let position: Int? =
                switch (value, token) {
                case (.object(let object), .key(let key)): object.position(of: key)
                case (.object(let object), .index(let index)): object.position(of: "\(index)")
                case (.array, .index(let index)): index
                default: nil
                }
            guard let position, current.node.members.indices.contains(position) else { return nil }
            current = current.node.members[position]
            switch value {
            case .object(let object): value = object[position].value
            case .array(let elements): value = elements[position]
            default: return nil
            }
        }
        return current
    }
}

/// The places of a value and of everything in it, in the order of the value's own members.
struct MarkTree: Hashable, Sendable {
    struct Member: Hashable, Sendable {
        /// Where the key starts; `nil` for an element of a sequence.
        var keyStart: SourcePosition?
        var node: MarkTree
    }

    private var line: Int32
    private var column: Int32
    var members: [Member] = []

    init(start: SourcePosition, members: [Member] = []) {
        line = Int32(clamping: start.line)
        column = Int32(clamping: start.column)
        self.members = members
    }

    var start: SourcePosition { SourcePosition(line: Int(line), column: Int(column)) }
}
