// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// A value on its way into a document.
struct ComposedNode {
    var value: JSONValue
    var marks: MarkTree
    /// How many nodes it has, aliases followed.
    var size = 1
    /// How many sequences and mappings are nested in it, itself included.
    var height = 0
    /// The scalar it was, which decides its text as a key.
    var scalar: ResolvedScalar?
}

/// Builds one document from events.
struct DocumentComposer {
    private enum Anchor {
        /// The anchored value has begun and not ended.
        case open
        case complete(ComposedNode)
    }

    private let file: String
    private let limits: YAMLLimits
    private var anchors: [String: Anchor] = [:]
    private var nodeCount = 0

    init(file: String, limits: YAMLLimits) {
        self.file = file
        self.limits = limits
    }

    /// Builds the value that starts with `event`.
    mutating func node(
        _ event: YAMLEvent,
        _ reader: borrowing YAMLEventReader,
        depth: Int = 0
    ) throws(YAMLError) -> ComposedNode {
        try count(1, at: event.start)
        switch event.kind {
        case .alias(let anchor):
            return try alias(anchor, at: event.start, depth: depth)
        case .scalar(let scalar):
            let node = try self.scalar(scalar, at: event.start)
            if let anchor = scalar.anchor { anchors[anchor] = .complete(node) }
            return node
        case .sequenceStart(let anchor):
            if let anchor { anchors[anchor] = .open }
            let node = try sequence(at: event.start, reader, depth: depth + 1)
            if let anchor { anchors[anchor] = .complete(node) }
            return node
        case .mappingStart(let anchor):
            if let anchor { anchors[anchor] = .open }
            let node = try mapping(at: event.start, reader, depth: depth + 1)
            if let anchor { anchors[anchor] = .complete(node) }
            return node
        case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            throw failure(at: event.start, "Could not read the YAML: a value is missing. Check the line before.")
        }
    }

    private func failure(at position: SourcePosition, _ problem: String) -> YAMLError {
        YAMLError(file: file, at: position, problem)
    }

    private mutating func count(_ nodes: Int, at position: SourcePosition) throws(YAMLError) {
        nodeCount += nodes
        guard nodeCount <= limits.maximumNodes else {
            throw failure(
                at: position,
                "Could not read the document: it has more than \(limits.maximumNodes) values once its aliases are followed. "
                    + "Write the values out instead of nesting aliases, or split the document."
            )
        }
    }

    private func checkDepth(_ depth: Int, at position: SourcePosition) throws(YAMLError) {
        guard depth <= limits.maximumDepth else {
            throw failure(
                at: position,
                "Could not read the document: values are nested more than \(limits.maximumDepth) deep. Flatten them."
            )
        }
    }

    private mutating func alias(
        _ name: String,
        at position: SourcePosition,
        depth: Int
    ) throws(YAMLError) -> ComposedNode {
        switch anchors[name] {
        case .complete(var node):
            try count(node.size - 1, at: position)
            try checkDepth(depth + node.height, at: position)
            node.marks = MarkTree(start: position, members: node.marks.members)
            return node
        case .open:
            throw failure(
                at: position,
                "Could not follow the alias '\(name)': it is inside its own anchor. Remove the alias."
            )
        case nil:
            throw failure(
                at: position,
                "Could not follow the alias '\(name)': no anchor of that name comes before it in this document. "
                    + "Check its spelling, or put a text that starts with '*' in quotes."
            )
        }
    }

    private func scalar(_ scalar: YAMLScalar, at position: SourcePosition) throws(YAMLError) -> ComposedNode {
        let resolved: ResolvedScalar
        do { resolved = try ScalarResolver.resolve(scalar) } catch { throw failure(at: position, error.problem) }
        // Infinity and NaN can be keys but not values; as a value the caller refuses them.
        return ComposedNode(value: resolved.json ?? .null, marks: MarkTree(start: position), scalar: resolved)
    }

    /// Builds a node that stands as a value, where not everything that can be a key is allowed.
    private mutating func value(
        _ event: YAMLEvent,
        _ reader: borrowing YAMLEventReader,
        depth: Int
    ) throws(YAMLError) -> ComposedNode {
        let node = try node(event, reader, depth: depth)
        try checkRepresentable(node)
        return node
    }

    /// Refuses infinity and NaN.
    func checkRepresentable(_ node: ComposedNode) throws(YAMLError) {
        guard case .double(let number)? = node.scalar, !number.isFinite else { return }
        throw failure(
            at: node.marks.start,
            "Could not turn the value into JSON: '\(number.isNaN ? ".nan" : number < 0 ? "-.inf" : ".inf")' is no JSON number. "
                + "Put it in quotes if text is meant."
        )
    }

    private mutating func sequence(
        at start: SourcePosition,
        _ reader: borrowing YAMLEventReader,
        depth: Int
    ) throws(YAMLError) -> ComposedNode {
        try checkDepth(depth, at: start)
        var elements: [JSONValue] = []
        var result = ComposedNode(value: .null, marks: MarkTree(start: start))
        while true {
            let event = try reader.next()
            if case .sequenceEnd = event.kind { break }
            let element = try value(event, reader, depth: depth)
            elements.append(element.value)
            result.marks.members.append(MarkTree.Member(keyStart: nil, node: element.marks))
            result.size += element.size
            result.height = max(result.height, element.height)
        }
        result.value = .array(elements)
        result.height += 1
        return result
    }

    private mutating func mapping(
        at start: SourcePosition,
        _ reader: borrowing YAMLEventReader,
        depth: Int
    ) throws(YAMLError) -> ComposedNode {
        try checkDepth(depth, at: start)
        var mapping = ComposedMapping(start: start, file: file)
        while true {
            let keyEvent = try reader.next()
            if case .mappingEnd = keyEvent.kind { break }
            if keyEvent.isMergeKey {
                try count(1, at: keyEvent.start)
                let event = try reader.next()
                let sources = try value(event, reader, depth: depth)
                // Each source's members are counted again, as they are copied into this mapping.
                try count(sources.size, at: event.start)
                try mapping.merge(sources, isAlias: event.isAlias)
            } else {
                let key = try node(keyEvent, reader, depth: depth)
                try mapping.add(key, try value(try reader.next(), reader, depth: depth))
            }
        }
        return mapping.node
    }
}

extension YAMLEvent {
    fileprivate var isAlias: Bool {
        if case .alias = kind { true } else { false }
    }

    /// Whether this is the key `<<`, unquoted or tagged as such.
    fileprivate var isMergeKey: Bool {
        guard case .scalar(let scalar) = kind, scalar.text == "<<" else { return false }
        return scalar.isImplicit || scalar.tag == "tag:yaml.org,2002:merge"
    }
}
