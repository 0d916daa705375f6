// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A moment as tokens have it: [RFC 7519 §2](https://www.rfc-editor.org/rfc/rfc7519#section-2).
package struct NumericDate: Hashable, Sendable, Comparable {
    /// The time since 1970-01-01T00:00:00Z, without leap seconds.
    package var sinceEpoch: Duration

    package init(sinceEpoch: Duration) { self.sinceEpoch = sinceEpoch }

    /// Makes one of whole seconds.
    package init(seconds: Int64) { sinceEpoch = .seconds(seconds) }

    /// Seconds, rounded down.
    package var seconds: Int64 {
        let (seconds, attoseconds) = sinceEpoch.components
        return attoseconds < 0 ? seconds - 1 : seconds
    }

    /// The moment that much later.
    package func advanced(by duration: Duration) -> NumericDate { NumericDate(sinceEpoch: sinceEpoch + duration) }

    /// The time from this moment to another.
    package func duration(to other: NumericDate) -> Duration { other.sinceEpoch - sinceEpoch }

    package static func < (left: NumericDate, right: NumericDate) -> Bool { left.sinceEpoch < right.sinceEpoch }

    /// The last second of the year 9999: no token lives longer, and no sum of it with a tolerance overflows.
    private static let lastSecond: Int64 = 253_402_300_799

    /// Reads a number of seconds, with a fraction or without; `nil` for anything else, and for a moment before 1970 or
    /// after 9999.
    package init?(claim: JSONValue) {
        switch claim {
        case .integer(let seconds) where (0...Self.lastSecond).contains(seconds): self.init(seconds: seconds)
        case .double(let seconds) where seconds >= 0 && seconds <= Double(Self.lastSecond):
            self.init(sinceEpoch: .seconds(seconds))
        default: return nil
        }
    }
}
