// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The source of a response body's chunks, pulled by its one reader.
package protocol ResponseBodySource: AnyObject, Sendable {
    /// The next chunk, never empty, or `nil` at the end.
    ///
    /// - Throws: ``HTTPTransportError``, or `CancellationError`.
    func next() async throws -> [UInt8]?

    /// Ends the transfer; whoever waits for a chunk gets a `CancellationError`.
    func cancel()
}

/// A response body: chunks pulled as they arrive.
///
/// Nothing is read ahead beyond the transport's bounded buffer, so a slow reader slows the peer. It has one reader.
/// When the last reference is gone, the source ends the transfer.
package struct ResponseBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private let source: any ResponseBodySource

    package init(_ source: any ResponseBodySource) { self.source = source }

    /// A body already in memory, for tests and synthesized answers.
    package init(bytes: [UInt8]) { self.init(chunks: bytes.isEmpty ? [] : [bytes]) }

    /// A body already in memory, in the given chunks.
    package init(chunks: [[UInt8]]) { source = BufferedBody(chunks) }

    package func makeAsyncIterator() -> Iterator { Iterator(source: source) }

    package struct Iterator: AsyncIteratorProtocol {
        let source: any ResponseBodySource

        package mutating func next() async throws -> [UInt8]? { try await source.next() }

        package mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            try await source.next()
        }
    }

    /// The next chunk, never empty, or `nil` at the end; for a reader that does not iterate.
    ///
    /// - Throws: ``HTTPTransportError``, or `CancellationError`.
    package func next() async throws -> [UInt8]? { try await source.next() }

    /// Ends the transfer, from any task; whoever waits for a chunk gets a `CancellationError`.
    package func cancel() { source.cancel() }

    /// Reads the rest of the body.
    ///
    /// - Parameter limit: The most bytes to hold.
    /// - Returns: All bytes that were not read yet.
    /// - Throws: ``HTTPTransportError`` with ``HTTPTransportError/Code/bodyTooLarge`` past `limit`, and whatever
    ///   reading throws.
    package func collect(upTo limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in self {
            guard bytes.count + chunk.count <= limit else {
                throw HTTPTransportError(
                    .bodyTooLarge,
                    "Could not read a response body: it is larger than \(limit) bytes. Check what the URL serves."
                )
            }
            if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
        }
        return bytes
    }
}

/// Chunks held in memory.
private actor BufferedBody: ResponseBodySource {
    private var chunks: ArraySlice<[UInt8]>

    init(_ chunks: [[UInt8]]) { self.chunks = chunks[...] }

    func next() -> [UInt8]? { chunks.popFirst() }

    /// Nobody waits for what is there already.
    nonisolated func cancel() {}
}
