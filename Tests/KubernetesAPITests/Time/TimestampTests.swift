// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "T53: A MicroTime always has six decimals",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000000Z"), (1, "1970-01-01T00:00:00.000001Z"),
            (1_767_225_600_000_000, "2026-01-01T00:00:00.000000Z"),
            (1_767_225_600_123_000, "2026-01-01T00:00:00.123000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (.max, "9999-12-31T23:59:59.999999Z"), (.min, "0001-01-01T00:00:00.000000Z"),
        ]
    )
    func microTime(microseconds: Int64, text: String) throws {
        let time = MicroTime(microsecondsSinceEpoch: microseconds)
        #expect(time.description == text)
        #expect(try MicroTime(json: .string(text)) == time)
    }

    @Test("A duration since the epoch is rounded down")
    func durations() {
        #expect(MicroTime(sinceEpoch: .nanoseconds(1_999)).microsecondsSinceEpoch == 1)
        #expect(MicroTime(sinceEpoch: .nanoseconds(-1)).microsecondsSinceEpoch == -1)
        #expect(MicroTime(sinceEpoch: .seconds(Int64.max)).description.hasPrefix("9999-"))
        #expect(KubernetesTime(sinceEpoch: .milliseconds(1_999)).description == "1970-01-01T00:00:01Z")
        #expect(KubernetesTime(sinceEpoch: .milliseconds(-1)).description == "1969-12-31T23:59:59Z")
    }

    @Test(
        "Any form of RFC 3339 is read",
        arguments: [
            ("2026-01-31T23:59:59Z", "2026-01-31T23:59:59.000000Z"),
            ("2026-01-31T23:59:59.5Z", "2026-01-31T23:59:59.500000Z"),
            ("2026-01-31T23:59:59.123456789Z", "2026-01-31T23:59:59.123456Z"),
            ("2026-02-01T00:59:59+01:00", "2026-01-31T23:59:59.000000Z"),
            ("2026-01-31t18:29:59-05:30", "2026-01-31T23:59:59.000000Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
        ]
    )
    func reading(text: String, expected: String) throws {
        #expect(try MicroTime(json: .string(text)).description == expected)
    }

    @Test(
        "What is no time is refused",
        arguments: [
            "", "2026", "2026-01-31", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-31T24:00:00Z",
            "2026-01-31T00:60:00Z", "2026-01-31T00:00:00", "2026-01-31T00:00:00.Z", "2026-01-31T00:00:00Zx",
            "+026-01-31T00:00:00Z", "0000-01-01T00:00:00Z", "2026-01-31T00:00:00+24:00", "２０２６-01-31T00:00:00Z",
        ]
    )
    func refused(text: String) {
        #expect(throws: JSONDecodingError.self) { try MicroTime(json: .string(text)) }
    }

    @Test(
        "Every day around the turn of a century follows the one before and reads back",
        arguments: ["1899-12-25", "1999-12-25", "2099-12-25", "2399-12-25"]
    )
    func calendar(start: String) throws {
        let first = try KubernetesTime(json: .string("\(start)T00:00:00Z")).secondsSinceEpoch
        var previous = ""
        var misplaced: [String] = []
        for day in 0..<Int64(500) {
            let time = KubernetesTime(secondsSinceEpoch: first + day * 86_400)
            let text = time.description
            if text <= previous { misplaced.append(text) }
            if try KubernetesTime(json: .string(text)) != time { misplaced.append(text) }
            previous = text
        }
        #expect(misplaced == [])
    }
}
