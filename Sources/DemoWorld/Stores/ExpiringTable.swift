// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE

/// Values under keys, each until its time is over, and never more than a number of them.
///
/// Nothing that is still valid makes room for something new: a table of used assertions that forgets one would accept it
/// again.
package struct ExpiringTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// What came of an insertion.
    package enum Insertion: Hashable, Sendable {
        case inserted
        /// The key has a value that is still valid.
        case taken
        /// The table holds as many valid values as it may.
        case full
    }

    private struct Entry: Sendable {
        var value: Value
        var expiry: NumericDate
    }

    private var entries: [Key: Entry] = [:]
    private let capacity: Int
    private var nextSweep: Int
    private var fullUntil: NumericDate?

    /// How many values there may be before expired ones are looked for at all.
    private static var smallestSweep: Int { 1_024 }

    package init(capacity: Int) {
        self.capacity = capacity
        nextSweep = min(Self.smallestSweep, capacity)
    }

    /// How many values there are, those that have expired and were not swept out yet among them.
    package var count: Int { entries.count }

    /// Adds a value under a key that has none.
    package mutating func insert(
        _ value: Value,
        for key: Key,
        until expiry: NumericDate,
        at now: NumericDate
    ) -> Insertion {
        if let entry = entries[key], now < entry.expiry { return .taken }
        if entries.count >= nextSweep, !sweep(at: now) { return .full }
        entries[key] = Entry(value: value, expiry: expiry)
        return .inserted
    }

    /// The value under a key, if it is still valid.
    package func value(for key: Key, at now: NumericDate) -> Value? {
        entries[key].flatMap { now < $0.expiry ? $0.value : nil }
    }

    /// Puts another value in the place of one that is still valid, until the same time.
    package mutating func update(_ value: Value, for key: Key, at now: NumericDate) {
        guard let entry = entries[key], now < entry.expiry else { return }
        entries[key] = Entry(value: value, expiry: entry.expiry)
    }

    /// Takes the value under a key out; `nil` if there is none that is still valid.
    package mutating func remove(_ key: Key, at now: NumericDate) -> Value? {
        entries.removeValue(forKey: key).flatMap { now < $0.expiry ? $0.value : nil }
    }

    /// Takes out all values for which the condition holds, and says how many they were.
    package mutating func removeAll(where condition: (Value) -> Bool) -> Int {
        let before = entries.count
        entries = entries.filter { !condition($0.value.value) }
        return before - entries.count
    }

    /// Drops what has expired, seldom enough that an insertion is cheap on average.
    ///
    /// - Returns: Whether there is room.
    private mutating func sweep(at now: NumericDate) -> Bool {
        // Once a second, or a flood would make each insertion look at the whole table.
        if let fullUntil, now < fullUntil { return false }
        entries = entries.filter { now < $0.value.expiry }
        nextSweep = min(max(Self.smallestSweep, entries.count * 2), capacity)
        guard entries.count < capacity else {
            fullUntil = now.advanced(by: .seconds(1))
            return false
        }
        fullUntil = nil
        return true
    }
}
