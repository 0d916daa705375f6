// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The lines of a response body, as they arrive.
///
/// Pull-driven: a chunk is asked for only when no whole line is left, so a slow reader slows the peer. One line and one
/// chunk are held at most.
package struct LineSequence: AsyncSequence, Sendable {
    /// One line, without its end.
    package struct Line: Hashable, Sendable {
        /// The content, which need not be UTF-8.
        package var bytes: [UInt8]
        /// Whether its end had arrived.
        ///
        /// Only the last line of a body may lack it, and it may then be cut short.
        package var isTerminated: Bool

        package init(bytes: [UInt8], isTerminated: Bool) {
            self.bytes = bytes
            self.isTerminated = isTerminated
        }
    }

    package typealias Element = Line

    private let body: ResponseBody
    private let maximumLineLength: Int

    /// - Parameters:
    ///   - body: The body to split; it has no other reader.
    ///   - maximumLineLength: The longest line accepted, in bytes without its end. A longer one ends the sequence with
    ///     ``HTTPTransportError/Code/bodyTooLarge``.
    package init(_ body: ResponseBody, maximumLineLength: Int) {
        self.body = body
        self.maximumLineLength = maximumLineLength
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(chunks: body.makeAsyncIterator(), splitter: LineSplitter(maximumLineLength: maximumLineLength))
    }

    package struct Iterator: AsyncIteratorProtocol {
        var chunks: ResponseBody.Iterator
        var splitter: LineSplitter

        package mutating func next(isolation actor: isolated (any Actor)?) async throws -> Line? {
            while true {
                if let line = try splitter.next() { return line }
                guard let chunk = try await chunks.next(isolation: actor) else { return splitter.finish() }
                splitter.append(chunk)
            }
        }

        package mutating func next() async throws -> Line? { try await next(isolation: #isolation) }
    }
}

/// Splits chunks at newlines, looking at every byte once.
package struct LineSplitter: Sendable {
    private let maximumLineLength: Int
    private var buffer: [UInt8] = []
    /// Where the line now being read starts.
    private var start = 0
    /// Up to where no newline is.
    private var scanned = 0

    package init(maximumLineLength: Int) { self.maximumLineLength = maximumLineLength }

    /// Adds what arrived; take the whole lines with ``next()`` before adding more.
    package mutating func append(_ chunk: [UInt8]) {
        if start == buffer.count {
            buffer = chunk
        } else {
            buffer.removeFirst(start)
            buffer += chunk
        }
        scanned -= start
        start = 0
    }

    /// The next whole line, or `nil` if more must arrive first.
    ///
    /// - Throws: ``HTTPTransportError`` if the line is longer than allowed.
    package mutating func next() throws(HTTPTransportError) -> LineSequence.Line? {
        guard let newline = newlineIndex() else {
            scanned = buffer.count
            // A carriage return may still turn out to belong to the end of the line.
            guard scanned - start <= maximumLineLength + 1 else { throw tooLong }
            return nil
        }
        var end = newline
        if end > start, buffer[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        guard end - start <= maximumLineLength else { throw tooLong }
        defer {
            start = newline + 1
            scanned = start
        }
        return LineSequence.Line(bytes: Array(buffer[start..<end]), isTerminated: true)
    }

    /// What is left at the end of the body; `nil` if the last line was whole.
    package mutating func finish() -> LineSequence.Line? {
        guard start < buffer.count else { return nil }
        defer {
            buffer = []
            start = 0
            scanned = 0
        }
        return LineSequence.Line(bytes: Array(buffer[start...]), isTerminated: false)
    }

    private func newlineIndex() -> Int? {
        let bytes = buffer.span
        var index = scanned
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n") { return index }
            index += 1
        }
        return nil
    }

    private var tooLong: HTTPTransportError {
        HTTPTransportError(
            .bodyTooLarge,
            "Could not read a line of a response: it is longer than \(maximumLineLength) bytes. Check what the URL serves.",
            mayHaveBeenSent: true
        )
    }
}
