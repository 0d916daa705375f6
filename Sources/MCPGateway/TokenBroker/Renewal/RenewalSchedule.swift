// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HeapModule

/// When which token is to be renewed.
///
/// | event | what follows |
/// |---|---|
/// | a token is kept | it is due in the last twenty-fifth of its life, at a moment of its own |
/// | it is due and was used in the last half of its life | it is renewed |
/// | it is due and was not | it ends when it ends |
/// | it was dropped or replaced meanwhile | nothing |
///
/// So late because each renewal shortens a token's life, and spread so that what was obtained together is not renewed
/// together. A short-lived token is not renewed ahead of its end at all.
struct RenewalSchedule: Sendable {
    private struct Item: Comparable, Sendable {
        var time: Duration
        var key: CacheKey

        static func < (left: Item, right: Item) -> Bool { left.time < right.time }
        static func == (left: Item, right: Item) -> Bool { left.time == right.time }
    }

    /// The shortest life for which renewal is worth it.
    static let shortestLifetime = Duration.seconds(20)

    private var items: Heap<Item> = []

    /// When a token is to be renewed.
    ///
    /// - Parameters:
    ///   - start: When it was obtained.
    ///   - lifetime: How long it may be used.
    ///   - jitter: From 0 to 1.
    /// - Returns: `nil` for one that is not.
    static func renewal(of start: Duration, lifetime: Duration, jitter: Double) -> Duration? {
        guard lifetime >= shortestLifetime else { return nil }
        return start + lifetime * (0.96 + 0.03 * min(max(jitter, 0), 1))
    }

    var count: Int { items.count }

    /// When something is due next.
    var next: Duration? { items.min?.time }

    /// Puts a token on the list.
    mutating func add(_ key: CacheKey, at time: Duration) { items.insert(Item(time: time, key: key)) }

    /// Takes out what is due.
    mutating func takeDue(at now: Duration) -> [(key: CacheKey, time: Duration)] {
        var due: [(CacheKey, Duration)] = []
        while let first = items.min, first.time <= now {
            items.removeMin()
            due.append((first.key, first.time))
        }
        return due
    }

    /// Drops what no token belongs to any more.
    mutating func keep(where isWanted: (CacheKey, Duration) -> Bool) {
        items = Heap(items.unordered.filter { isWanted($0.key, $0.time) })
    }
}
