// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable
import Testing

@Suite("Gateway report")
struct GatewayReportTests {
    private static let key = RouteKey(namespace: "team-a", name: "todo")

    private static func read(_ text: String) throws -> GatewayReport {
        try GatewayReport(json: JSONValue(parsing: text))
    }

    @Test("what is read back is what was written")
    func roundTrip() throws {
        let report = GatewayReport(
            revision: 7,
            isFull: true,
            entries: [
                .init(key: Self.key, version: "v1", outcome: .applied),
                .init(key: Self.key, version: "v2", outcome: .rejected(reason: "IssuerNotTrusted", message: "No.")),
            ]
        )
        #expect(try GatewayReport(json: JSONValue(parsing: report.json.serialized(.compact))) == report)
        #expect(
            String(decoding: report.json.serialized(.compact), as: UTF8.self)
                == #"{"revision":7,"full":true,"routes":[{"key":"team-a/todo","version":"v1","outcome":"applied"},"#
                + #"{"key":"team-a/todo","version":"v2","outcome":"rejected","reason":"IssuerNotTrusted","message":"No."}]}"#
        )
    }

    @Test("a report is not full unless it says so, and a rejection needs no message")
    func defaults() throws {
        let report = try Self.read(
            #"{"revision":1,"routes":[{"key":"a/b","version":"v","outcome":"rejected","reason":"R"}]}"#
        )
        #expect(!report.isFull)
        #expect(report.entries.first?.outcome == .rejected(reason: "R", message: ""))
    }

    @Test(
        "what is no report is refused",
        arguments: [
            "[]", "{}", #"{"revision":1}"#, #"{"routes":[]}"#, #"{"revision":1,"full":"yes","routes":[]}"#,
            #"{"revision":1,"routes":{}}"#, #"{"revision":1e99,"routes":[]}"#, #"{"revision":1,"routes":[1]}"#,
            #"{"revision":1,"routes":[{"key":"a","version":"v","outcome":"applied"}]}"#,
            #"{"revision":1,"routes":[{"key":"a/b","outcome":"applied"}]}"#,
            #"{"revision":1,"routes":[{"key":"a/b","version":"v"}]}"#,
            #"{"revision":1,"routes":[{"key":"a/b","version":"v","outcome":"held"}]}"#,
            #"{"revision":1,"routes":[{"key":"a/b","version":"v","outcome":"rejected"}]}"#,
        ]
    )
    func malformed(_ text: String) {
        #expect(throws: JSONDecodingError.self) { try Self.read(text) }
    }

    @Test(
        "a version, a reason and a message of any length are cut, also those that are one character",
        arguments: ["x", "e\u{301}\u{301}"]
    )
    func cut(_ unit: String) throws {
        let long = String(repeating: unit, count: 300_000)
        let one = "e" + String(repeating: "\u{301}", count: 300_000)
        for text in [long, one] {
            let json: JSONValue = [
                "revision": 1,
                "routes": [
                    [
                        "key": "a/b", "version": .string(text), "outcome": "rejected", "reason": .string(text),
                        "message": .string(text),
                    ]
                ],
            ]
            let entry = try #require(try GatewayReport(json: json).entries.first)
            guard case .rejected(let reason, let message) = entry.outcome else {
                Issue.record("The entry is no rejection.")
                return
            }
            #expect(entry.version.unicodeScalars.count == 64)
            #expect(reason.unicodeScalars.count == 64)
            #expect(message.unicodeScalars.count == 1_024)
        }
    }
}
