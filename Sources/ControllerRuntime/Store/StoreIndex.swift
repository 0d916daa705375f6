// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HashTreeCollections
package import KubernetesAPI

/// A way to find the objects of a store by something other than their key.
///
/// Declared once as a constant, given to the store when it is made, and named again at each lookup:
/// every server that refers to a Secret, for example.
package struct StoreIndex<Object: Sendable, Key: Hashable & Sendable>: StoreIndexing {
    /// Unique within one store; only for the message about an index that was not registered.
    package let name: String
    let keys: @Sendable (Object) -> [Key]

    /// Takes what an object is to be found by, as a pure and quick function: it is called under the store's lock.
    package init(_ name: String, keys: @escaping @Sendable (Object) -> [Key]) {
        self.name = name
        self.keys = keys
    }

    /// An empty table that remembers the type of the keys.
    package func makeTable() -> any StoreIndexTable<Object> { TypedIndexTable(index: self) }
}

/// A ``StoreIndex`` of any key type, so that one store can hold several.
package protocol StoreIndexing<Object>: Sendable {
    associatedtype Object: Sendable
    var name: String { get }
    /// An empty table for this index.
    func makeTable() -> any StoreIndexTable<Object>
}

/// The entries of one index.
package protocol StoreIndexTable<Object>: Sendable {
    associatedtype Object: Sendable
    /// Moves an object from the entries of its old state to those of its new one.
    mutating func update(_ key: ObjectKey, from old: Object?, to new: Object?)
}

/// The entries of an index whose key type is known.
struct TypedIndexTable<Object: Sendable, Key: Hashable & Sendable>: StoreIndexTable {
    let index: StoreIndex<Object, Key>
    private(set) var members: TreeDictionary<Key, TreeSet<ObjectKey>> = [:]

    init(index: StoreIndex<Object, Key>) { self.index = index }

    mutating func update(_ key: ObjectKey, from old: Object?, to new: Object?) {
        let (listedBefore, listedAfter) = (old.map(index.keys) ?? [], new.map(index.keys) ?? [])
        // As after most changes, of which a status is the most frequent.
        if listedBefore == listedAfter { return }
        let (before, after) = (Set(listedBefore), Set(listedAfter))
        for value in before.subtracting(after) {
            members[value]?.remove(key)
            if members[value]?.isEmpty == true { members[value] = nil }
        }
        for value in after.subtracting(before) { members[value, default: []].insert(key) }
    }
}
