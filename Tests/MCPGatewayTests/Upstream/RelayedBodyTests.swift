// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import NIOConcurrencyHelpers
import Testing

@testable import MCPGateway

@Suite("A relayed body")
struct RelayedBodyTests {
    /// What an upstream sends, and what becomes of it.
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var pieces: [String]
        /// As the upstream announced it.
        var length: Int?
        /// The pieces that the client gets.
        var passed: [String]
        var end: RelayedBody.End
    }

    @Test(
        "Exactly what was announced is passed on, and no message that is too large",
        arguments: [
            Row(
                testDescription: "as announced",
                pieces: ["ab", "cd"],
                length: 4,
                passed: ["ab", "cd"],
                end: .complete
            ),
            Row(testDescription: "not announced", pieces: ["ab", "cd"], passed: ["ab", "cd"], end: .complete),
            // The rest would be read as the answer to the client's next request.
            Row(testDescription: "more", pieces: ["ab", "cd"], length: 3, passed: ["ab"], end: .broken),
            Row(testDescription: "nothing announced", pieces: ["ab"], length: 0, passed: [], end: .broken),
            Row(testDescription: "less", pieces: ["ab", "cd"], length: 5, passed: ["ab", "cd"], end: .broken),
            Row(testDescription: "too large", pieces: ["abcd", "efgh"], passed: ["abcd"], end: .tooLarge),
        ]
    )
    func length(row: Row) async {
        let ends = NIOLockedValueBox<[RelayedBody.End]>([])
        let body = RelayedBody(
            ResponseBody(chunks: row.pieces.map { Array($0.utf8) }),
            content: .json,
            length: row.length,
            messageLimit: 6,
            term: nil
        ) { end in ends.withLockedValue { $0.append(end) } }
        var passed: [String] = []
        var isBroken = false
        do {
            while let piece = try await body.next() { passed.append(String(decoding: piece, as: UTF8.self)) }
        } catch { isBroken = error is RelayedBody.Broken }
        #expect(passed == row.passed)
        #expect(isBroken == (row.end != .complete))
        body.stop(.clientLeft)
        #expect(ends.withLockedValue { $0 } == [row.end], "the first reason is the one that counts")
    }
}
