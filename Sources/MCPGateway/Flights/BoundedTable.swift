// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Values by key, of which those go first that were not used for the longest time.
struct BoundedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let limit: Int
    private var values: [Key: Value] = [:]
    private var recency = Recency<Key>()

    init(limit: Int) { self.limit = max(limit, 1) }

    var count: Int { values.count }

    /// Reading counts as use only through ``use(_:)``.
    subscript(key: Key) -> Value? { values[key] }

    /// The value, which thereby was used.
    mutating func use(_ key: Key) -> Value? {
        guard let value = values[key] else { return nil }
        recency.touch(key)
        return value
    }

    /// Keeps a value.
    ///
    /// - Returns: What had to go for it.
    @discardableResult
    mutating func set(_ value: Value, for key: Key) -> [(key: Key, value: Value)] {
        values[key] = value
        recency.touch(key)
        var gone: [(key: Key, value: Value)] = []
        while values.count > limit, let oldest = recency.popOldest() {
            if let value = values.removeValue(forKey: oldest) { gone.append((oldest, value)) }
        }
        return gone
    }

    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        recency.remove(key)
        return values.removeValue(forKey: key)
    }

    /// The keys of the values that are meant.
    func keys(where isMeant: (Key, Value) -> Bool) -> [Key] {
        values.compactMap { key, value in isMeant(key, value) ? key : nil }
    }

    mutating func removeAll(where isGone: (Key, Value) -> Bool) {
        for (key, value) in values where isGone(key, value) { remove(key) }
    }
}
