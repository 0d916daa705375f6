// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// A mapping on its way into a document.
struct ComposedMapping {
    private let file: String
    private let start: SourcePosition
    private var object = JSONObject()
    private var marks: [MarkTree.Member] = []
    /// The keys that only a merge gave, which a key of the mapping itself may still replace.
    private var mergedKeys: Set<String> = []
    private var size = 1
    private var height = 0

    init(start: SourcePosition, file: String) {
        self.start = start
        self.file = file
    }

    var node: ComposedNode {
        ComposedNode(
            value: .object(object),
            marks: MarkTree(start: start, members: marks),
            size: size,
            height: height + 1
        )
    }

    /// Adds a member of the mapping itself.
    mutating func add(_ keyNode: ComposedNode, _ value: ComposedNode) throws(YAMLError) {
        let keyStart = keyNode.marks.start
        let key = try text(of: keyNode)
        size += keyNode.size + value.size
        height = max(height, value.height)
        let mark = MarkTree.Member(keyStart: keyStart, node: value.marks)
        if object.insertIfAbsent(key, value.value) {
            marks.append(mark)
        } else if mergedKeys.remove(key) != nil {
            replace(key, value.value, mark)
        } else {
            let first = object.position(of: key).flatMap { marks[$0].keyStart }
            throw YAMLError(
                file: file,
                at: keyStart,
                "The key '\(shortened(key))' is given twice, first at \(first?.description ?? "another line"). "
                    + "Remove one of the two."
            )
        }
    }

    /// Adds the members of other mappings, as `<<` asks.
    ///
    /// Like kubectl's library, and unlike the YAML type's definition, it replaces members that stand before the `<<`;
    /// those that follow replace what was merged. Of several sources the first wins.
    mutating func merge(_ sources: ComposedNode, isAlias: Bool) throws(YAMLError) {
        size += sources.size
        switch sources.value {
        case .object(let object): merge(object, sources.marks, height: sources.height - 1)
        case .array(let elements) where !isAlias:
            for (element, member) in zip(elements, sources.marks.members).reversed() {
                guard case .object(let object) = element else { throw notMergeable(at: member.node.start) }
                merge(object, member.node, height: sources.height - 2)
            }
        default: throw notMergeable(at: sources.marks.start)
        }
    }

    private mutating func merge(_ source: JSONObject, _ sourceMarks: MarkTree, height sourceHeight: Int) {
        height = max(height, sourceHeight)
        for (member, mark) in zip(source, sourceMarks.members) {
            if object.insertIfAbsent(member.key, member.value) {
                marks.append(mark)
                mergedKeys.insert(member.key)
            } else {
                replace(member.key, member.value, mark)
            }
        }
    }

    private mutating func replace(_ key: String, _ value: JSONValue, _ mark: MarkTree.Member) {
        guard let position = object.position(of: key) else { return }
        object[key] = value
        marks[position] = mark
    }

    private func notMergeable(at position: SourcePosition) -> YAMLError {
        YAMLError(
            file: file,
            at: position,
            "Could not merge into the mapping: '<<' takes a mapping or a list of mappings. Name the anchor of a mapping."
        )
    }

    private func text(of key: ComposedNode) throws(YAMLError) -> String {
        guard let scalar = key.scalar else {
            throw YAMLError(
                file: file,
                at: key.marks.start,
                "Could not use the value as a key: it is \(key.value.kind). Write a text; '{{ … }}' must be in quotes."
            )
        }
        guard let text = scalar.key else {
            throw YAMLError(
                file: file,
                at: key.marks.start,
                "Could not use the value as a key: it is \(scalar.kind) that has no text in JSON. Put it in quotes."
            )
        }
        return text
    }

    private func shortened(_ text: String) -> String { text.count <= 80 ? text : text.prefix(80) + "…" }
}
