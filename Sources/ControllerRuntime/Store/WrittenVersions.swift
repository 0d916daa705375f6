// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// What a controller wrote and its store has not shown yet, so that it does not act on a state older than its own work.
///
/// Record each write that changed something; before a reconcile ask whether the store has caught up. The wait is
/// bounded, since a version may never show: the object may have left the selection.
package struct WrittenVersions: Sendable {
    private struct Write: Sendable {
        var version: ResourceVersion
        var deadline: Duration
    }
    /// What to do about a key.
    package enum Verdict: Hashable, Sendable {
        /// The store shows everything written.
        case current
        /// The store is behind; come back, at the latest when the duration has passed.
        case behind(atMost: Duration)
        /// The store did not catch up in time; read the object from the server instead. Said once for each write.
        case unconfirmed
    }

    private var writes: [ObjectKey: Write] = [:]
    private let patience: Duration
    private let limit: Int

    /// - Parameters:
    ///   - patience: How long a store may take to show a write.
    ///   - limit: The most keys to remember; beyond it new writes are not tracked.
    package init(patience: Duration = .seconds(5), limit: Int = 10_000) {
        self.patience = patience
        self.limit = limit
    }

    /// The number of writes that the store has not shown yet.
    package var count: Int { writes.count }

    /// Remembers a write whose answer had another version than the object before it.
    ///
    /// `now` is the time since any fixed moment, the same as in ``check(_:syncedTo:now:)``.
    package mutating func record(_ version: ResourceVersion, for key: ObjectKey, now: Duration) {
        if let known = writes[key], version.isOlder(than: known.version) == true { return }
        guard writes[key] != nil || writes.count < limit else { return }
        writes[key] = Write(version: version, deadline: now + patience)
    }

    /// Whether the store has caught up with what was written for the key.
    ///
    /// `version` is how far the store has followed the server; versions that cannot be compared do not block.
    package mutating func check(_ key: ObjectKey, syncedTo version: ResourceVersion?, now: Duration) -> Verdict {
        guard let write = writes[key] else { return .current }
        guard let version, version.isOlder(than: write.version) == true else {
            writes[key] = nil
            return .current
        }
        guard now < write.deadline else {
            writes[key] = nil
            return .unconfirmed
        }
        return .behind(atMost: write.deadline - now)
    }

    /// Forgets a key whose object is gone.
    package mutating func forget(_ key: ObjectKey) { writes[key] = nil }
}
