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

    package var tokens: [Token]

    package init(_ tokens: [Token] = []) { self.tokens = tokens }

    /// `/spec/args/0`, with `~` and `/` escaped.
    package var description: String {
        tokens.map { token in
            switch token {
            case .key(let key):
                "/" + key.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
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
