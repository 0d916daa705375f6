// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// A response's status and header fields.
struct ResponseHead: Sendable {
    var status: Int
    var headers = HTTPHeaders()

    /// The announced length of the body, if it is a usable number.
    var contentLength: Int? { headers["Content-Length"].flatMap { Int($0) } }
}

/// Reads a response head from the lines that curl hands over one by one.
struct ResponseHeadParser {
    /// What one line meant.
    enum Event {
        case more
        case head(ResponseHead)
        case invalid(String)
    }

    /// More than any server of ours sends, and far less than would hurt.
    private static let maximumLength = 256 * 1024

    private var head: ResponseHead?
    private var pending: (name: String, value: String)?
    private var length = 0
    private(set) var isComplete = false

    /// Takes one line with its end.
    ///
    /// Lines after the head, which are trailers, are ignored.
    mutating func line(_ bytes: some RandomAccessCollection<UInt8>) -> Event {
        guard !isComplete else { return .more }
        length += bytes.count
        guard length <= Self.maximumLength else {
            return .invalid("its head is larger than \(Self.maximumLength) bytes")
        }
        let text = bytes.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        if text.isEmpty { return finish() }
        if text.starts(with: "HTTP/".utf8) { return statusLine(text) }
        if text.first == UInt8(ascii: " ") || text.first == UInt8(ascii: "\t") {
            // A folded line of RFC 9112 §5.2: a part of the value before it.
            pending?.value += " " + Self.trimmed(text)
            return .more
        }
        flushField()
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return .invalid("a header line has no colon") }
        pending = (String(decoding: text[..<colon], as: UTF8.self), Self.trimmed(text[colon...].dropFirst()))
        return .more
    }

    private mutating func statusLine(_ text: some Collection<UInt8>) -> Event {
        let parts = text.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard parts.count > 1, let status = Int(String(decoding: parts[1], as: UTF8.self)), (100...999).contains(status)
        else { return .invalid("its status line has no status") }
        head = ResponseHead(status: status)
        pending = nil
        return .more
    }

    private mutating func finish() -> Event {
        flushField()
        guard let head else { return .invalid("it has no status line") }
        // 1xx heads come before the real one.
        guard head.status >= 200 else { return .more }
        isComplete = true
        return .head(head)
    }

    private mutating func flushField() {
        if let pending { head?.headers.add(name: pending.name, value: pending.value) }
        pending = nil
    }

    private static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> String {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var text = bytes.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }
}
