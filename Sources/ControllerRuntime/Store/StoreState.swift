// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// What a store holds and how far it has followed the server; a value, so that its rules are tested without locks.
struct StoreState<Object: KubernetesResource>: Sendable {
    /// What is known of one scope, fed by one reflector.
    struct Source: Sendable {
        var hasSynced = false
        var syncedTo: ResourceVersion?
        var problem: APIError?
    }

    private(set) var snapshot: StoreSnapshot<Object>
    private(set) var sources: [NamespaceScope: Source]

    init(indexes: [any StoreIndexing<Object>], scopes: [NamespaceScope]) {
        snapshot = StoreSnapshot(indexes: indexes)
        sources = Dictionary(scopes.map { ($0, Source()) }) { first, _ in first }
    }

    var hasSynced: Bool { sources.values.allSatisfy(\.hasSynced) }

    /// What a replace changed, in the order in which it is told.
    struct Replacement {
        var tombstones: [StoreChange<Object>] = []
        var changed: [StoreChange<Object>] = []
        /// Kept as keys alone: in a first list this is everything there is.
        var added: [ObjectKey] = []
        var isInitial: Bool
        /// Items that had not even a name.
        var unreadable = 0
    }

    /// Makes the store equal to a complete list of one scope.
    ///
    /// An item with the stored UID and version keeps the stored instance and is not reported.
    mutating func replace(
        with pages: [[DecodedObject<Object>]],
        at version: ResourceVersion,
        in scope: NamespaceScope
    ) -> Replacement {
        var result = Replacement(isInitial: sources[scope]?.hasSynced != true)
        var listed = Set<ObjectKey>(minimumCapacity: pages.reduce(0) { $0 + $1.count })
        let before = snapshot
        for item in pages.joined() {
            guard let metadata = item.metadata else {
                result.unreadable += 1
                continue
            }
            listed.insert(metadata.key)
            if isUnchanged(metadata) { continue }
            if let change = store(item, metadata) {
                if change.kind == .added { result.added.append(change.key) } else { result.changed.append(change) }
            }
        }
        // An item without a name may be any of those that are missing, so nothing is taken for deleted.
        if result.unreadable == 0 { result.tombstones = removeAbsent(before, keeping: listed, in: scope) }
        sources[scope]?.syncedTo = version
        return result
    }

    /// Marks a scope as synced, once its first list was stored and every subscriber was told.
    mutating func markSynced(_ scope: NamespaceScope) { sources[scope]?.hasSynced = true }

    /// Removes every object of a scope, of which nothing is known any more.
    mutating func clear(_ scope: NamespaceScope) -> [StoreChange<Object>] {
        sources[scope]?.syncedTo = nil
        sources[scope]?.problem = nil
        return removeAbsent(snapshot, keeping: [], in: scope)
    }

    /// Applies `ADDED` or `MODIFIED`; `nil` if that changes nothing.
    mutating func apply(_ item: DecodedObject<Object>, in scope: NamespaceScope) -> StoreChange<Object>? {
        guard let metadata = item.metadata else { return nil }
        advance(to: metadata.resourceVersion, in: scope)
        if isUnchanged(metadata) || isOutdated(metadata) { return nil }
        return store(item, metadata)
    }

    /// Applies `DELETED`; `nil` if the object was not there, or has been created again since.
    mutating func delete(_ item: DecodedObject<Object>, in scope: NamespaceScope) -> StoreChange<Object>? {
        guard let metadata = item.metadata else { return nil }
        advance(to: metadata.resourceVersion, in: scope)
        guard snapshot.metadata(metadata.key) != nil, !isOutdated(metadata) else { return nil }
        return remove(metadata.key, isTombstone: false)
    }

    /// Records that everything up to `version` has been seen.
    mutating func advance(to version: ResourceVersion, in scope: NamespaceScope) {
        guard !version.rawValue.isEmpty else { return }
        if let current = sources[scope]?.syncedTo, version.isOlder(than: current) == true { return }
        sources[scope]?.syncedTo = version
    }

    mutating func setProblem(_ problem: APIError?, in scope: NamespaceScope) { sources[scope]?.problem = problem }

    private func isUnchanged(_ metadata: ObjectMeta) -> Bool {
        guard let stored = snapshot.metadata(metadata.key), !metadata.resourceVersion.rawValue.isEmpty else {
            return false
        }
        return stored.uid == metadata.uid && stored.resourceVersion == metadata.resourceVersion
    }

    private func isOutdated(_ metadata: ObjectMeta) -> Bool {
        guard let stored = snapshot.metadata(metadata.key) else { return false }
        return metadata.resourceVersion.isOlder(than: stored.resourceVersion) == true
    }

    private mutating func store(_ item: DecodedObject<Object>, _ metadata: ObjectMeta) -> StoreChange<Object>? {
        let key = metadata.key
        let stored = snapshot.metadata(key)
        let old = snapshot[key]
        switch item {
        case .valid(let object):
            snapshot.set(object, for: key)
            let kind: StoreChange<Object>.Kind =
                stored == nil ? .added : stored?.uid == metadata.uid ? .updated : .replaced
            return StoreChange(key: key, kind: kind, old: old, new: object)
        case .invalid(_, let error):
            snapshot.set(InvalidObject(metadata: metadata, error: error), for: key)
            return StoreChange(key: key, kind: .invalidated, old: old, new: nil)
        case .unreadable: return nil
        }
    }

    private mutating func removeAbsent(
        _ before: StoreSnapshot<Object>,
        keeping listed: Set<ObjectKey>,
        in scope: NamespaceScope
    ) -> [StoreChange<Object>] {
        var tombstones: [StoreChange<Object>] = []
        for keys in [Array(before.keys), Array(before.invalid.keys)] {
            for key in keys where scope.contains(key) && !listed.contains(key) {
                tombstones.append(remove(key, isTombstone: true))
            }
        }
        return tombstones
    }

    private mutating func remove(_ key: ObjectKey, isTombstone: Bool) -> StoreChange<Object> {
        let old = snapshot[key]
        snapshot.remove(key)
        return StoreChange(key: key, kind: .deleted, old: old, new: nil, isTombstone: isTombstone)
    }
}

extension DecodedObject where Object: KubernetesResource {
    /// The metadata, unless not even that could be read.
    var metadata: ObjectMeta? {
        switch self {
        case .valid(let object): object.metadata
        case .invalid(let metadata, _): metadata
        case .unreadable: nil
        }
    }
}

extension NamespaceScope {
    /// Whether an object of that key lies within the scope.
    func contains(_ key: ObjectKey) -> Bool {
        switch self {
        case .cluster: true
        case .namespace(let namespace): key.namespace == namespace
        }
    }
}
