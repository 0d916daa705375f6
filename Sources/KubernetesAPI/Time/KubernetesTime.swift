// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A moment to the second, as `meta/v1` `Time`: written without decimals and in UTC, read in any form of RFC 3339.
package struct KubernetesTime: Hashable, Sendable, Comparable, JSONDecodable, JSONEncodable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z, within the years 1 to 9999.
    package let secondsSinceEpoch: Int64

    /// A moment outside the years 1 to 9999 becomes the nearest one inside.
    package init(secondsSinceEpoch: Int64) {
        let bounded = min(max(secondsSinceEpoch, -100_000_000_000), 300_000_000_000)
        self.init(MicroTime(microsecondsSinceEpoch: bounded * 1_000_000))
    }

    /// - Parameter duration: The time since 1970-01-01T00:00:00Z; rounded down to the second.
    package init(sinceEpoch duration: Duration) { self.init(MicroTime(sinceEpoch: duration)) }

    /// Rounds down to the second.
    package init(_ time: MicroTime) {
        secondsSinceEpoch = time.microsecondsSinceEpoch.flooredQuotient(1_000_000)
    }

    package init(json: JSONValue) throws(JSONDecodingError) { self.init(try MicroTime(json: json)) }

    package var json: JSONValue { .string(description) }
    package var description: String { "\(RFC3339.dateAndTime(secondsSinceEpoch))Z" }

    package static func < (left: KubernetesTime, right: KubernetesTime) -> Bool {
        left.secondsSinceEpoch < right.secondsSinceEpoch
    }
}
