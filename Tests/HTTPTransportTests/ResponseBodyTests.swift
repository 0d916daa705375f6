// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@Suite("Response body")
struct ResponseBodyTests {
    @Test("Chunks come as they arrived, none joined and none split")
    func chunks() async throws {
        var chunks: [[UInt8]] = []
        for try await chunk in ResponseBody(chunks: [[1], [2, 3], [4]]) { chunks.append(chunk) }
        #expect(chunks == [[1], [2, 3], [4]])
    }

    @Test("A body of bytes is one chunk, and an empty one is none")
    func bytes() async throws {
        var chunks: [[UInt8]] = []
        for try await chunk in ResponseBody(bytes: [1, 2, 3]) { chunks.append(chunk) }
        for try await chunk in ResponseBody(bytes: []) { chunks.append(chunk) }
        #expect(chunks == [[1, 2, 3]])
    }

    @Test(
        "Collecting joins the chunks of a body up to the limit",
        arguments: [[], [[1, 2, 3, 4]], [[1], [2, 3], [4]], [[1, 2], [3]]] as [[[UInt8]]]
    )
    func collect(_ chunks: [[UInt8]]) async throws {
        #expect(try await ResponseBody(chunks: chunks).collect(upTo: 4) == Array(chunks.joined()))
    }

    @Test(
        "A body one byte past the limit is refused, wherever its chunks end",
        arguments: [[[1, 2, 3, 4, 5]], [[1, 2, 3, 4], [5]], [[1], [2], [3], [4], [5]]] as [[[UInt8]]]
    )
    func tooLarge(_ chunks: [[UInt8]]) async throws {
        let error = try await #require(throws: HTTPTransportError.self) {
            _ = try await ResponseBody(chunks: chunks).collect(upTo: 4)
        }
        #expect(error.code == .bodyTooLarge)
        #expect(error.message.contains("4 bytes"))
    }

    @Test("Nothing is pulled after the chunk that passes the limit")
    func stopsPulling() async throws {
        let source = CountingSource { $0 > 100 ? nil : [0, 0] }
        await #expect(throws: HTTPTransportError.self) { _ = try await ResponseBody(source).collect(upTo: 5) }
        #expect(await source.pulls == 3)
    }

    @Test("Chunks are pulled one at a time, when they are asked for")
    func pulls() async throws {
        let source = CountingSource { [UInt8($0)] }
        var iterator = ResponseBody(source).makeAsyncIterator()
        #expect(await source.pulls == 0)
        #expect(try await iterator.next() == [1])
        #expect(await source.pulls == 1)
    }

    @Test("Collecting goes on where an earlier reader stopped")
    func rest() async throws {
        let body = ResponseBody(chunks: [[1], [2, 3], [4]])
        var iterator = body.makeAsyncIterator()
        #expect(try await iterator.next() == [1])
        #expect(try await body.collect(upTo: 3) == [2, 3, 4])
    }

    @Test("A failure of the source is the failure of the reader, whatever came before it")
    func failure() async throws {
        let lost = HTTPTransportError(.connectionLost, "scripted", mayHaveBeenSent: true)
        let source = CountingSource { pull in
            if pull == 3 { throw lost }
            return [1]
        }
        await #expect(throws: lost) { _ = try await ResponseBody(source).collect(upTo: 100) }
        #expect(await source.pulls == 3)
    }
}

/// Answers each pull by its number, the first being 1.
private actor CountingSource: ResponseBodySource {
    nonisolated func cancel() {}

    private(set) var pulls = 0
    private let chunk: @Sendable (_ pull: Int) throws -> [UInt8]?

    init(_ chunk: @escaping @Sendable (_ pull: Int) throws -> [UInt8]?) { self.chunk = chunk }

    func next() throws -> [UInt8]? {
        pulls += 1
        return try chunk(pulls)
    }
}
