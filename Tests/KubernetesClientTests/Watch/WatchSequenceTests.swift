// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import KubernetesAPI
import KubernetesClient
import Testing

@Suite("Watch sequence", .timeLimit(.minutes(10)))
struct WatchSequenceTests {
    /// What a watch said, one word an event.
    static func transcript(_ watch: WatchSequence<Widget>) async throws -> [String] {
        var words: [String] = []
        for try await event in watch {
            switch event {
            case .applied(let object): words.append("applied \(object.metadata?.name ?? "?")")
            case .deleted(let object): words.append("deleted \(object.metadata?.name ?? "?")")
            case .bookmark(let version): words.append("bookmark \(version)")
            case .initialEventsEnd(let version): words.append("end of initial events \(version)")
            case .error(let error): words.append("error \(error.code.rawValue)")
            case .unknown: words.append("unknown")
            }
        }
        return words
    }

    static let stream =
        #"{"type":"ADDED","object":\#(Widget.text("éa"))}"# + "\n"
        + #"{"type":"MODIFIED","object":\#(Widget.text("b"))}"# + "\r\n\n\r\n"
        + #"{"type":"DELETED","object":\#(Widget.text("c"))}"# + "\n"
        + #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}"# + "\n"
    static let words = ["applied éa", "applied b", "deleted c", "bookmark 9"]

    @Test("T14: A stream cut at any byte reads the same")
    func everyCut() async throws {
        let bytes = Array(Self.stream.utf8)
        for cut in 0...bytes.count {
            let chunks = [Array(bytes[..<cut]), Array(bytes[cut...])].filter { !$0.isEmpty }
            let words = try await Self.transcript(WatchSequence(body: ResponseBody(chunks: chunks)))
            guard words == Self.words else {
                Issue.record("cut at \(cut): \(words)")
                return
            }
        }
        let singly = try await Self.transcript(WatchSequence(body: ResponseBody(chunks: bytes.map { [$0] })))
        #expect(singly == Self.words)
    }

    @Test("T15: Many events in one chunk, with either line end and blank lines between, are all read")
    func oneChunk() async throws {
        let words = try await Self.transcript(WatchSequence(body: ResponseBody(bytes: Array(Self.stream.utf8))))
        #expect(words == Self.words)
    }

    @Test("T16: A last line cut short is dropped, a whole one without its end is not")
    func lastLine() async throws {
        let line = #"{"type":"ADDED","object":\#(Widget.text("a"))}"#
        let cut = Self.stream + line.dropLast(3)
        #expect(try await Self.transcript(WatchSequence(body: ResponseBody(bytes: Array(cut.utf8)))) == Self.words)
        let whole = Self.stream + line
        #expect(
            try await Self.transcript(WatchSequence(body: ResponseBody(bytes: Array(whole.utf8))))
                == Self.words + ["applied a"]
        )
    }

    @Test("T17: The stream goes on after a line that is no UTF-8")
    func invalidUTF8() async throws {
        let bytes = Array(#"{"type":"ADDED","object":""#.utf8) + [0xFF, 0x0A] + Array(Self.stream.utf8)
        #expect(try await Self.transcript(WatchSequence(body: ResponseBody(bytes: bytes))) == ["unknown"] + Self.words)
    }

    @Test("T18: A line over the limit ends the watch with an error, without being held whole")
    func hugeLine() async throws {
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        let body = ResponseBody(chunks: Array(repeating: chunk, count: 20))
        let error = try await #require(throws: APIError.self) {
            try await Self.transcript(WatchSequence(body: body))
        }
        #expect(error.code == .responseTooLarge)
        let short = ResponseBody(bytes: Array(Self.stream.utf8))
        await #expect(throws: APIError.self) {
            try await Self.transcript(WatchSequence(body: short, maximumEventSize: 20))
        }
    }

    @Test("T19: An event of an unknown type is passed over")
    func unknownType() async throws {
        let text = #"{"type":"FOO","object":{}}"# + "\n" + Self.stream
        #expect(
            try await Self.transcript(WatchSequence(body: ResponseBody(bytes: Array(text.utf8))))
                == ["unknown"] + Self.words
        )
    }

    @Test("A connection that breaks is an error of the transport, after the events before it")
    func brokenConnection() async throws {
        let body = BreakingBody(Self.stream, then: HTTPTransportError(.connectionLost, "The connection broke."))
        var count = 0
        let error = try await #require(throws: APIError.self) {
            for try await _ in WatchSequence<Widget>(body: ResponseBody(body)) { count += 1 }
        }
        #expect(count == 4)
        #expect(error.code == .transport)
        #expect(error.transport == "connection_lost")
        #expect(error.message == "Could not watch 'widgets.example.com': The connection broke.")
    }
}
