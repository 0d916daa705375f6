// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A moment to the microsecond, as `meta/v1` `MicroTime`.
///
/// The API server refuses any other number of decimals than six, `.000000` included.
package struct MicroTime: Hashable, Sendable, Comparable, JSONDecodable, JSONEncodable, CustomStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z, within the years 1 to 9999.
    package let microsecondsSinceEpoch: Int64

    /// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z: what RFC 3339 can write.
    private static let representable: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999

    /// A moment outside the years 1 to 9999 becomes the nearest one inside.
    package init(microsecondsSinceEpoch: Int64) {
        let range = Self.representable
        self.microsecondsSinceEpoch = min(max(microsecondsSinceEpoch, range.lowerBound), range.upperBound)
    }

    /// - Parameter duration: The time since 1970-01-01T00:00:00Z; rounded down to the microsecond.
    package init(sinceEpoch duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let bounded = min(max(seconds, -100_000_000_000), 300_000_000_000)
        self.init(microsecondsSinceEpoch: bounded * 1_000_000 + attoseconds.flooredQuotient(1_000_000_000_000))
    }

    package init(json: JSONValue) throws(JSONDecodingError) {
        self = try RFC3339.parse(try String(json: json))
    }

    package var json: JSONValue { .string(description) }
    package var description: String {
        let seconds = microsecondsSinceEpoch.flooredQuotient(1_000_000)
        let fraction = (microsecondsSinceEpoch - seconds * 1_000_000).padded(to: 6)
        return "\(RFC3339.dateAndTime(seconds)).\(fraction)Z"
    }

    package static func < (left: MicroTime, right: MicroTime) -> Bool {
        left.microsecondsSinceEpoch < right.microsecondsSinceEpoch
    }
}
