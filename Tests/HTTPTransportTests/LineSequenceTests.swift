// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@Suite("Lines of a body")
struct LineSequenceTests {
    private func lines(_ chunks: [[UInt8]], maximumLineLength: Int = 100) async throws -> [String] {
        var lines: [String] = []
        let sequence = LineSequence(ResponseBody(chunks: chunks), maximumLineLength: maximumLineLength)
        for try await line in sequence {
            lines.append(String(decoding: line.bytes, as: UTF8.self) + (line.isTerminated ? "" : "…"))
        }
        return lines
    }

    private func lines(_ chunks: String..., maximumLineLength: Int = 100) async throws -> [String] {
        try await lines(chunks.map { Array($0.utf8) }, maximumLineLength: maximumLineLength)
    }

    @Test("Lines end with a newline, with or without a carriage return")
    func ends() async throws {
        #expect(try await lines("one\ntwo\r\n\nfour\r\r\n") == ["one", "two", "", "four\r"])
    }

    @Test("What follows the last newline is told apart")
    func unterminated() async throws {
        #expect(try await lines("one\ntw") == ["one", "tw…"])
        #expect(try await lines("one\r") == ["one\r…"])
        #expect(try await lines().isEmpty)
    }

    @Test("Chunks may end anywhere", arguments: 1...12)
    func anySplit(_ size: Int) async throws {
        let text = Array("{\"a\":1}\r\nzwölf\n\n0123456789\r\nrest".utf8)
        let chunks = stride(from: 0, to: text.count, by: size).map { Array(text[$0..<min($0 + size, text.count)]) }
        #expect(try await lines(chunks) == ["{\"a\":1}", "zwölf", "", "0123456789", "rest…"])
    }

    @Test("A line of the longest length is read, a longer one ends the sequence", arguments: [1, 3, 100])
    func limit(_ size: Int) async throws {
        func chunks(_ text: String) -> [[UInt8]] {
            stride(from: 0, to: text.utf8.count, by: size).map {
                Array(Array(text.utf8)[$0..<min($0 + size, text.utf8.count)])
            }
        }
        #expect(try await lines(chunks("12345\r\n12345\n"), maximumLineLength: 5) == ["12345", "12345"])
        for text in ["123456\n", "1234567", "ok\n123456\r\n"] {
            let error = try await #require(throws: HTTPTransportError.self) {
                _ = try await lines(chunks(text), maximumLineLength: 5)
            }
            #expect(error.code == .bodyTooLarge)
        }
    }

    @Test("A line that arrives in many chunks is looked at once, not once a chunk")
    func linear() async throws {
        // A quadratic scan of these 16 MiB in 1 KiB pieces would look at 128 GiB and run into the limit of time.
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1_024)
        let found = try await lines([[UInt8]](repeating: chunk, count: 16_384) + [[10]], maximumLineLength: 1 << 30)
        #expect(found.map(\.utf8.count) == [16 << 20])
    }
}
