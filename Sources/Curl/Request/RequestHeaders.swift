// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// Header fields on their way to curl, which itself checks nothing of them.
struct RequestHeaders {
    /// A field that cannot be sent.
    struct Invalid: Error {
        /// Names the field only if its name is a legal one, and never its value.
        var reason: String
    }

    /// Fields the transport sets by itself; a caller's own could make two readers see two requests.
    private static let framing = ["content-length", "transfer-encoding", "expect"]

    private let headers: HTTPHeaders
    private let userAgent: String

    init(_ headers: HTTPHeaders, userAgent: String) {
        self.headers = headers
        self.userAgent = userAgent
    }

    /// The fields in curl's notation: `Name: value`, `Name;` for an empty value, `Name:` to leave out curl's own.
    ///
    /// - Parameter host: What the `Host` field says unless the caller set it; `nil` for the URL's own.
    /// - Returns: One line each, in the order to send.
    /// - Throws: ``Invalid`` for a name or value that could end a field early.
    func lines(host: String?) throws(Invalid) -> [String] {
        var lines = ["Expect:"]
        lines.reserveCapacity(headers.count + 5)
        for field in headers { lines.append(try Self.line(field.name, field.value)) }
        if headers["Accept"] == nil { lines.append("Accept:") }
        if headers["Content-Type"] == nil { lines.append("Content-Type:") }
        if headers["User-Agent"] == nil { lines.append(try Self.line("User-Agent", userAgent)) }
        if let host, headers["Host"] == nil { lines.append("Host: \(host)") }
        return lines
    }

    /// Whether the text is a token of [RFC 9110 §5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    private static func line(_ name: String, _ value: String) throws(Invalid) -> String {
        guard isToken(name) else { throw Invalid(reason: "a header name holds a character that none may have") }
        guard !framing.contains(where: { HTTPHeaders.isSameName($0, name) }) else {
            throw Invalid(reason: "the header '\(name)' is set by the transport itself")
        }
        let isClean = value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }
        guard isClean else { throw Invalid(reason: "the value of header '\(name)' holds a control character") }
        // curl takes a value of blanks as the order to remove the field.
        let isBlank = value.utf8.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return isBlank ? "\(name);" : "\(name): \(value)"
    }
}
