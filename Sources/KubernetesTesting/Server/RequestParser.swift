// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// Splits a connection's bytes into HTTP/1.1 requests with `Content-Length` or chunked bodies.
///
/// Only for clients under test, so it is strict: anything it does not understand ends the connection.
struct RequestParser {
    private var buffer: [UInt8] = []
    let connection: Int

    init(connection: Int) { self.connection = connection }

    mutating func append(_ bytes: some Sequence<UInt8>) { buffer.append(contentsOf: bytes) }

    /// The next complete request, or `nil` when more bytes are needed.
    mutating func next() -> ReceivedRequest? {
        guard let headEnd = Self.find([13, 10, 13, 10], in: buffer[...]) else { return nil }
        let lines = String(decoding: buffer[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        guard let requestLine = lines.first else { return nil }
        let words = requestLine.split(separator: " ")
        guard words.count == 3 else { return nil }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers.add(name: String(line[..<colon]), value: String(value))
        }
        guard let (body, end) = body(headers: headers, from: headEnd + 4) else { return nil }
        buffer.removeFirst(end)
        let (path, query) = Self.split(target: words[1])
        return ReceivedRequest(
            method: String(words[0]),
            path: path,
            query: query,
            headers: headers,
            body: body,
            connection: connection
        )
    }

    private func body(headers: HTTPHeaders, from start: Int) -> (body: [UInt8], end: Int)? {
        if headers["Transfer-Encoding"] != nil { return chunkedBody(from: start) }
        let length = headers["Content-Length"].flatMap { Int($0) } ?? 0
        guard buffer.count >= start + length else { return nil }
        return (Array(buffer[start..<(start + length)]), start + length)
    }

    private func chunkedBody(from start: Int) -> (body: [UInt8], end: Int)? {
        var body: [UInt8] = []
        var position = start
        while let lineEnd = Self.find([13, 10], in: buffer[position...]) {
            let text = String(decoding: buffer[position..<lineEnd], as: UTF8.self)
            guard let size = Int(text, radix: 16), buffer.count >= lineEnd + 2 + size + 2 else { return nil }
            body += buffer[(lineEnd + 2)..<(lineEnd + 2 + size)]
            position = lineEnd + 2 + size + 2
            if size == 0 { return (body, position) }
        }
        return nil
    }

    private static func find(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (bytes.startIndex...(bytes.endIndex - pattern.count)).first {
            bytes[$0..<($0 + pattern.count)].elementsEqual(pattern)
        }
    }

    private static func split(target: Substring) -> (path: String, query: [(name: String, value: String)]) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return (String(target), []) }
        let query = parts[1].split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: decoded(sides[0]), value: sides.count == 2 ? decoded(sides[1]) : "")
        }
        return (String(parts[0]), query)
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
