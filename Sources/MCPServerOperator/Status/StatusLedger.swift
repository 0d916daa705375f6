// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI

/// Remembers statuses that were written and have not come back through the watch yet.
///
/// Without it a reconcile between the write and its echo would compare with the status before, and write again.
/// An entry lives only as long as its echo takes, and the echo needs no reconcile.
struct StatusLedger: Sendable {
    /// A write whose echo has not come.
    struct Entry: Sendable {
        fileprivate var uid: String
        fileprivate var version: ResourceVersion
        fileprivate var generation: Int64
        fileprivate var status: MCPServerStatus
    }
    private var entries: [ObjectKey: Entry] = [:]

    /// The number of writes without an echo.
    var count: Int { entries.count }

    /// Remembers that `status` was written and is version `version` of the object.
    mutating func record(_ status: MCPServerStatus, on metadata: ObjectMeta, as version: ResourceVersion) {
        guard version != metadata.resourceVersion else { return }
        entries[metadata.key] = Entry(
            uid: metadata.uid,
            version: version,
            generation: metadata.generation,
            status: status
        )
    }

    /// Whether the object is what a write here left, and nothing else has changed since it was looked at.
    ///
    /// A list may show the write together with changes of others that came before it; of those that matter, each moves
    /// the generation.
    mutating func isEcho(_ metadata: ObjectMeta) -> Bool {
        guard let entry = entries[metadata.key], entry.uid == metadata.uid, entry.version == metadata.resourceVersion,
            entry.generation == metadata.generation
        else { return false }
        entries[metadata.key] = nil
        return true
    }

    /// The write whose echo has not come, to be asked for before the object is read: an echo between the two would leave
    /// neither.
    func entry(_ key: ObjectKey) -> Entry? { entries[key] }

    /// The newest status known: the one written, as long as what was read after asking for it is older than that.
    mutating func newest(_ record: ServerRecord, _ entry: Entry?) -> MCPServerStatus? {
        guard let entry else { return record.status }
        guard entry.uid == record.metadata.uid, record.metadata.resourceVersion.isOlder(than: entry.version) == true
        else {
            if entries[record.metadata.key]?.version == entry.version { entries[record.metadata.key] = nil }
            return record.status
        }
        return entry.status
    }

    /// Forgets an object that is gone.
    mutating func forget(_ key: ObjectKey) { entries[key] = nil }
}
