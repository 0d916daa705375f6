// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// One difference between what a store held and what it holds now.
package struct StoreChange<Object: Sendable>: Sendable {
    /// What happened to the object, as far as the store can tell.
    package enum Kind: String, Sendable {
        case added
        case updated
        /// Same name, other UID: the old object was deleted and another one created, however it was reported.
        case replaced
        case deleted
        /// The object can no longer be decoded; the reason is in the snapshot's ``StoreSnapshot/invalid``.
        case invalidated
        /// Nothing changed; the object is delivered again.
        case resynced
    }

    /// The object; its state may have changed again since.
    package var key: ObjectKey
    /// What happened, from the store's point of view.
    package var kind: Kind
    /// The state before, if the store held one.
    package var old: Object?
    /// The state now, unless deleted or invalid.
    package var new: Object?
    /// How soon the keys that follow from this change should be looked at.
    package var priority: WorkPriority
    /// Whether a deletion was inferred from the object's absence in a list, so that ``old`` may be outdated.
    package var isTombstone: Bool

    package init(
        key: ObjectKey,
        kind: Kind,
        old: Object?,
        new: Object?,
        priority: WorkPriority = .normal,
        isTombstone: Bool = false
    ) {
        self.key = key
        self.kind = kind
        self.old = old
        self.new = new
        self.priority = priority
        self.isTombstone = isTombstone
    }
}
