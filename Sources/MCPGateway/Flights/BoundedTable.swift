// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Values by key, of which those go first that were not used for the longest time.
///
/// A dictionary says where a key's value is, and the values are chained in the order of their last uses. So a use costs one
/// look-up and no memory.
struct BoundedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Node: Sendable {
        /// `nil` in a place that is free; then `newer` is the next free one.
        var content: (key: Key, value: Value)?
        var older = BoundedTable.end
        var newer = BoundedTable.end
    }

    /// Where a chain ends.
    private static var end: Int32 { -1 }

    private let limit: Int
    private var positions: [Key: Int32] = [:]
    private var nodes: [Node] = []
    private var oldest = Self.end
    private var newest = Self.end
    private var free = Self.end

    init(limit: Int) { self.limit = min(max(limit, 1), Int(Int32.max) - 1) }

    var count: Int { positions.count }

    /// Reading counts as use only through ``use(_:)``.
    subscript(key: Key) -> Value? { positions[key].flatMap { nodes[Int($0)].content?.value } }

    /// The value, which thereby was used.
    mutating func use(_ key: Key) -> Value? {
        guard let position = positions[key] else { return nil }
        touch(position)
        return nodes[Int(position)].content?.value
    }

    /// Keeps a value, which thereby was used.
    ///
    /// - Returns: What had to go for it.
    @discardableResult
    mutating func set(_ value: Value, for key: Key) -> [(key: Key, value: Value)] {
        if let position = positions[key] {
            nodes[Int(position)].content = (key, value)
            touch(position)
            return []
        }
        let gone = count < limit ? nil : removeOldest()
        let position = place(Node(content: (key, value)))
        positions[key] = position
        append(position)
        return gone.map { [$0] } ?? []
    }

    @discardableResult
    mutating func remove(_ key: Key) -> Value? { positions.removeValue(forKey: key).flatMap { vacate($0) } }

    /// Takes out what was not used for the longest time.
    mutating func removeOldest() -> (key: Key, value: Value)? {
        guard oldest != Self.end, let content = nodes[Int(oldest)].content else { return nil }
        remove(content.key)
        return content
    }

    /// The keys of the values that are meant.
    func keys(where isMeant: (Key, Value) -> Bool) -> [Key] {
        nodes.compactMap { node in node.content.flatMap { isMeant($0.key, $0.value) ? $0.key : nil } }
    }

    mutating func removeAll(where isGone: (Key, Value) -> Bool) {
        for key in keys(where: isGone) { remove(key) }
    }

    // MARK: The chain

    private mutating func touch(_ position: Int32) {
        guard position != newest else { return }
        unlink(position)
        append(position)
    }

    private mutating func append(_ position: Int32) {
        nodes[Int(position)].older = newest
        nodes[Int(position)].newer = Self.end
        if newest == Self.end { oldest = position } else { nodes[Int(newest)].newer = position }
        newest = position
    }

    private mutating func unlink(_ position: Int32) {
        let (older, newer) = (nodes[Int(position)].older, nodes[Int(position)].newer)
        if older == Self.end { oldest = newer } else { nodes[Int(older)].newer = newer }
        if newer == Self.end { newest = older } else { nodes[Int(newer)].older = older }
    }

    /// Puts a node where one was, or behind the last one.
    private mutating func place(_ node: Node) -> Int32 {
        guard free != Self.end else {
            nodes.append(node)
            return Int32(nodes.count - 1)
        }
        let position = free
        free = nodes[Int(position)].newer
        nodes[Int(position)] = node
        return position
    }

    private mutating func vacate(_ position: Int32) -> Value? {
        unlink(position)
        let value = nodes[Int(position)].content?.value
        nodes[Int(position)].content = nil
        nodes[Int(position)].newer = free
        free = position
        return value
    }
}
