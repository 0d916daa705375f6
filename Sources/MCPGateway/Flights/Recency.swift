// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// The order in which keys were used last, at constant cost on average.
struct Recency<Key: Hashable & Sendable>: Sendable {
    private var stamps: [Key: UInt64] = [:]
    /// Each use; one that is not the last of its key is skipped when its turn comes.
    private var uses: Deque<(key: Key, stamp: UInt64)> = []
    private var next: UInt64 = 0

    /// How many keys there are.
    var count: Int { stamps.count }

    mutating func touch(_ key: Key) {
        next += 1
        stamps[key] = next
        uses.append((key, next))
        if uses.count > 2 * stamps.count + 64 { compact() }
    }

    mutating func remove(_ key: Key) { stamps[key] = nil }

    /// Takes out the key that was not used for the longest time.
    mutating func popOldest() -> Key? {
        while let use = uses.popFirst() {
            guard stamps[use.key] == use.stamp else { continue }
            stamps[use.key] = nil
            return use.key
        }
        return nil
    }

    private mutating func compact() { uses.removeAll { stamps[$0.key] != $0.stamp } }
}
