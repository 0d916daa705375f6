// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The name of an object within one kind: its namespace and name.
package struct ObjectKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Empty for a cluster-scoped object.
    package var namespace: String
    /// Unique within the namespace for one kind.
    package var name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// `namespace/name`, or `name` alone without a namespace.
    package var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

    package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}
