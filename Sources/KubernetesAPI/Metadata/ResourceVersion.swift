// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The version of an object or a list, as the API server wrote it.
///
/// Opaque, except that two versions of one resource type may be ordered where both are positive decimal integers
/// without a leading zero, of any length
/// ([Kubernetes API concepts](https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions)).
package struct ResourceVersion: Hashable, Sendable, CustomStringConvertible {
    package var rawValue: String

    package init(_ rawValue: String) { self.rawValue = rawValue }

    package var description: String { rawValue }

    /// Whether this version is older than `other`; `nil` if the two cannot be compared.
    package func isOlder(than other: ResourceVersion) -> Bool? {
        guard isComparable, other.isComparable else { return nil }
        if rawValue.utf8.count != other.rawValue.utf8.count { return rawValue.utf8.count < other.rawValue.utf8.count }
        return rawValue.utf8.lexicographicallyPrecedes(other.rawValue.utf8)
    }

    private var isComparable: Bool {
        guard let first = rawValue.utf8.first, first != UInt8(ascii: "0") else { return false }
        return rawValue.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
