// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OpenSSL
import RouteTable

/// Access tokens, each until it ends; the ones that were not used for the longest time go first.
struct TokenCache: Sendable {
    /// Bounds on what is kept.
    struct Limits: Hashable, Sendable {
        var count = 100_000
        /// Of tokens and their keys.
        var bytes = 256 << 20
    }

    /// A token and what it was obtained under.
    struct Entry: Sendable {
        var token: BrokeredToken
        var session: Session
        var server: RouteKey
        var terms: TokenTerms
        /// Where leg 2 went; `nil` if there was none.
        var authServerEndpoint: String?
        var obtainedAt: Duration
        var validUntil: Duration
        var usedAt: Duration
        /// When to obtain another one; `nil`: not before somebody needs it.
        var renewalAt: Duration?

        var identity: SessionIdentity { session.identity }
    }

    /// An entry in memory of its own, as a table keeps room for up to twice as many values as it holds.
    private struct Slot: Sendable {
        private indirect enum Storage: Sendable { case entry(Entry) }

        private let storage: Storage
        /// Beside it, so that a use costs no other storage.
        var usedAt: Duration

        init(_ entry: Entry) {
            storage = .entry(entry)
            usedAt = entry.usedAt
        }

        var entry: Entry {
            switch storage {
            case .entry(var entry):
                entry.usedAt = usedAt
                return entry
            }
        }
    }

    private let limits: Limits
    private var slots: BoundedTable<CacheKey, Slot>
    private(set) var bytes = 0

    init(limits: Limits = Limits()) {
        self.limits = limits
        slots = BoundedTable(limit: limits.count)
    }

    var count: Int { slots.count }

    /// A token that may still be used, with what is left of its life.
    ///
    /// - Parameters:
    ///   - key: Whose, and for what.
    ///   - cap: The resource's `maxTokenLifetime`, which may have become shorter since.
    ///   - now: The time.
    /// - Returns: `nil` if there is none, or none that may still be used.
    mutating func token(_ key: CacheKey, cap: Duration?, at now: Duration) -> BrokeredToken? {
        guard var slot = slots[key] else { return nil }
        let entry = slot.entry
        let end = cap.map { min(entry.validUntil, entry.obtainedAt + $0) } ?? entry.validUntil
        guard now < end else {
            remove(key)
            return nil
        }
        slot.usedAt = now
        slots.set(slot, for: key)
        return entry.token.remaining(end - now)
    }

    /// What is kept under a key, whether it may still be used or not.
    subscript(key: CacheKey) -> Entry? { slots[key]?.entry }

    mutating func insert(_ entry: Entry, for key: CacheKey) {
        remove(key)
        let size = Self.size(entry)
        guard size <= limits.bytes, limits.count > 0 else { return }
        for gone in slots.set(Slot(entry), for: key) { bytes -= Self.size(gone.value.entry) }
        bytes += size
        while bytes > limits.bytes, let oldest = slots.removeOldest() { bytes -= Self.size(oldest.value.entry) }
    }

    /// Drops a token, and not one that has taken its place.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    mutating func drop(_ key: CacheKey, digest: SHA256.Digest) -> Bool {
        guard slots[key]?.entry.token.digest == digest else { return false }
        remove(key)
        return true
    }

    /// Drops all tokens for which something holds.
    ///
    /// - Returns: How many.
    @discardableResult
    mutating func drop(where isGone: (Entry) -> Bool) -> Int {
        let keys = slots.keys { isGone($1.entry) }
        for key in keys { remove(key) }
        return keys.count
    }

    private mutating func remove(_ key: CacheKey) {
        if let slot = slots.remove(key) { bytes -= Self.size(slot.entry) }
    }

    private static func size(_ entry: Entry) -> Int {
        // What the structures around it take, roughly.
        2 * MemoryLayout<CacheKey>.size + entry.token.token.exposed.utf8.count + 512
    }
}
