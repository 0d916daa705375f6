// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// Timestamps of [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339).
enum RFC3339 {
    /// `2026-01-31T23:59:59`, in UTC and without the zone.
    static func dateAndTime(_ secondsSinceEpoch: Int64) -> String {
        let days = secondsSinceEpoch.flooredQuotient(86_400)
        let second = secondsSinceEpoch - days * 86_400
        let date = CivilDate(daysSinceEpoch: days)
        let time = [second / 3_600, second / 60 % 60, second % 60].map { $0.padded(to: 2) }.joined(separator: ":")
        return "\(date.year.padded(to: 4))-\(date.month.padded(to: 2))-\(date.day.padded(to: 2))T\(time)"
    }

    /// Reads a timestamp with any number of decimals; those past the sixth are cut off.
    static func parse(_ text: String) throws(JSONDecodingError) -> MicroTime {
        var scanner = Scanner(text)
        guard let microseconds = scanner.timestamp() else {
            throw JSONDecodingError("must be a time as in '2026-01-31T23:59:59Z'")
        }
        return MicroTime(microsecondsSinceEpoch: microseconds)
    }

    private struct Scanner {
        private var rest: Substring.UTF8View

        init(_ text: String) { rest = text[...].utf8 }

        mutating func timestamp() -> Int64? {
            guard let year = digits(4), year >= 1, skip("-"), let month = digits(2), skip("-"), let day = digits(2),
                skip("T") || skip("t"), let hour = digits(2), hour <= 23, skip(":"), let minute = digits(2),
                minute <= 59, skip(":"), let second = digits(2), second <= 60, let fraction = fraction(),
                let offset = offset(), rest.isEmpty
            else { return nil }
            let date = CivilDate(year: year, month: month, day: day)
            guard date.exists else { return nil }
            // A leap second is the first of the next minute.
            let seconds = date.daysSinceEpoch * 86_400 + hour * 3_600 + minute * 60 + second - offset
            return seconds * 1_000_000 + fraction
        }

        /// Microseconds; 0 without decimals.
        private mutating func fraction() -> Int64? {
            guard skip(".") else { return 0 }
            var microseconds: Int64 = 0
            var count = 0
            while let digit = digits(1) {
                if count < 6 { microseconds = microseconds * 10 + digit }
                count += 1
            }
            guard count > 0 else { return nil }
            for _ in 0..<max(0, 6 - count) { microseconds *= 10 }
            return microseconds
        }

        /// Seconds east of UTC.
        private mutating func offset() -> Int64? {
            if skip("Z") || skip("z") { return 0 }
            let sign: Int64
            if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
            guard let hours = digits(2), hours <= 23, skip(":"), let minutes = digits(2), minutes <= 59 else {
                return nil
            }
            return sign * (hours * 3_600 + minutes * 60)
        }

        private mutating func digits(_ count: Int) -> Int64? {
            let found = rest.prefix(count)
            guard found.count == count, found.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
            else { return nil }
            rest = rest.dropFirst(count)
            return found.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        }

        private mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard let first = rest.first, UInt32(first) == character.value else { return false }
            rest = rest.dropFirst()
            return true
        }
    }
}
