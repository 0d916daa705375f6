// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The value of a `scope` parameter ([RFC 6749 section 3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3)).
package struct ScopeList: Hashable, Sendable, CustomStringConvertible {
    /// In the order in which they were written.
    package let scopes: [String]

    /// No scopes.
    package init() { self.init(scopes: []) }

    private init(scopes: [String]) { self.scopes = scopes }

    /// Reads tokens separated by single spaces, or nothing; `nil` for anything else.
    package init?(parsing text: String) {
        guard !text.isEmpty else {
            self.init()
            return
        }
        let tokens = text.split(separator: " ", omittingEmptySubsequences: false)
        guard tokens.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isScopeByte) }) else { return nil }
        self.init(scopes: tokens.map(String.init))
    }

    /// Whether there are none.
    package var isEmpty: Bool { scopes.isEmpty }
    /// As it is sent.
    package var description: String { scopes.joined(separator: " ") }

    private static func isScopeByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}
