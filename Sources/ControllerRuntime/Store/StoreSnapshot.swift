// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HashTreeCollections
package import JSON
package import KubernetesAPI

/// An object that is there but could not be decoded.
package struct InvalidObject: Hashable, Sendable {
    package var metadata: ObjectMeta
    /// Which field is wrong and how.
    package var error: JSONDecodingError

    package init(metadata: ObjectMeta, error: JSONDecodingError) {
        self.metadata = metadata
        self.error = error
    }
}

/// The content of a store at one moment; taking one is O(1) and it never changes.
///
/// Objects and index lookups agree with each other.
package struct StoreSnapshot<Object: KubernetesResource>: Sendable {
    /// A persistent map: keeping a copy costs only what changes afterwards.
    private var storage: TreeDictionary<ObjectKey, Object> = [:]
    /// The objects that are there and could not be decoded.
    package private(set) var invalid: [ObjectKey: InvalidObject] = [:]
    private var tables: [String: any StoreIndexTable<Object>]

    init(indexes: [any StoreIndexing<Object>]) {
        tables = [:]
        for index in indexes { tables[index.name] = index.makeTable() }
    }

    /// The object of that key, unless it is absent or in ``invalid``.
    package subscript(_ key: ObjectKey) -> Object? { storage[key] }

    /// The objects that could be decoded, in no particular order.
    package var objects: some Collection<Object> { storage.values }

    /// The keys of ``objects``.
    package var keys: some Collection<ObjectKey> { storage.keys }

    /// The number of ``objects``.
    package var count: Int { storage.count }

    /// The keys of the objects found under `value`, in no particular order.
    ///
    /// The index must be one the store was made with.
    package func keys<Key>(in index: StoreIndex<Object, Key>, for value: Key) -> [ObjectKey] {
        guard let table = tables[index.name] as? TypedIndexTable<Object, Key> else {
            preconditionFailure("The store was made without the index '\(index.name)'.")
        }
        return Array(table.members[value] ?? [])
    }

    /// The objects found under `value`, in no particular order.
    package func objects<Key>(in index: StoreIndex<Object, Key>, for value: Key) -> [Object] {
        keys(in: index, for: value).compactMap { storage[$0] }
    }

    /// The metadata of the object, whether it could be decoded or not.
    func metadata(_ key: ObjectKey) -> ObjectMeta? { storage[key]?.metadata ?? invalid[key]?.metadata }

    mutating func set(_ object: Object, for key: ObjectKey) {
        let old = storage.updateValue(object, forKey: key)
        invalid.removeValue(forKey: key)
        updateIndexes(key, from: old, to: object)
    }

    mutating func set(_ object: InvalidObject, for key: ObjectKey) {
        let old = storage.removeValue(forKey: key)
        invalid[key] = object
        updateIndexes(key, from: old, to: nil)
    }

    mutating func remove(_ key: ObjectKey) {
        let old = storage.removeValue(forKey: key)
        invalid.removeValue(forKey: key)
        updateIndexes(key, from: old, to: nil)
    }

    private mutating func updateIndexes(_ key: ObjectKey, from old: Object?, to new: Object?) {
        for name in tables.keys { tables[name]?.update(key, from: old, to: new) }
    }
}
