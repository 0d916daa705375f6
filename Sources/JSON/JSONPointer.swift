// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The place of a value in a document.
///
/// Written as [RFC 6901](https://www.rfc-editor.org/rfc/rfc6901) by `description`, and as people write it in
/// Kubernetes by ``fieldPath``.
package struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    /// One step into a value.
    package enum Token: Hashable, Sendable {
        case key(String)
        case index(Int)
    }

    /// The steps from the document's root; none for the root itself.
    package var tokens: [Token]

    package init(_ tokens: [Token] = []) { self.tokens = tokens }

    /// `/spec/args/0`, with `~` and `/` escaped.
    package var description: String {
        tokens.map { token in
            switch token {
            case .key(let key):
                "/"
                    + key.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
                    .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
            case .index(let index): "/\(index)"
            }
        }.joined()
    }

    /// `spec.args[0]`; a key that is no identifier is quoted in brackets, as in `headers["X-Team"]`.
    package var fieldPath: String {
        var path = ""
        for token in tokens {
            switch token {
            case .index(let index): path += "[\(index)]"
            case .key(let key) where key.utf8.allSatisfy(Self.isIdentifierByte) && !key.isEmpty:
                path += path.isEmpty ? key : ".\(key)"
            case .key(let key): path += "[\"\(key)\"]"
            }
        }
        return path
    }

    private static func isIdentifierByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// The pointer one step further in.
    package func appending(_ token: Token) -> JSONPointer { JSONPointer(tokens + [token]) }
}

/// A text that is no JSON pointer.
package struct JSONPointerSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was given as a pointer.
    package let text: String
    /// Why it is none.
    package let problem: String

    package var description: String { "Could not read the JSON pointer '\(shortened(text))': \(problem)." }
}

extension JSONPointer {
    /// Parses the text form of [RFC 6901 §3](https://www.rfc-editor.org/rfc/rfc6901#section-3).
    ///
    /// A step that is a plain decimal number becomes an index; ``JSONValue/value(at:)`` follows it into objects too.
    package init(parsing text: String) throws(JSONPointerSyntaxError) {
        self.init()
        if text.isEmpty { return }
        guard text.utf8.first == UInt8(ascii: "/") else {
            throw JSONPointerSyntaxError(text: text, problem: "it must be empty or start with '/'")
        }
        for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            tokens.append(try Self.token(part, of: text))
        }
    }

    private static func token(_ part: Substring.UTF8View, of text: String) throws(JSONPointerSyntaxError) -> Token {
        var bytes: [UInt8] = []
        var rest = part[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "~") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "0"): bytes.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): bytes.append(UInt8(ascii: "/"))
            default: throw JSONPointerSyntaxError(text: text, problem: "'~' must be followed by 0 or 1")
            }
        }
        let key = String(decoding: bytes, as: UTF8.self)
        if let index = Int(key), index >= 0, String(index) == key { return .index(index) }
        return .key(key)
    }
}
