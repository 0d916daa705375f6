// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Scopes as a set, written in alphabetical order: [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3).
package struct Scopes: Hashable, Sendable, CustomStringConvertible {
    /// Each once.
    package var names: Set<String>

    package init(_ names: Set<String> = []) { self.names = names }

    /// Reads scopes that are separated by spaces; `nil` when there is a character that no scope has.
    package init?(parsing text: String) {
        let words = text.split(separator: " ")
        guard words.allSatisfy({ $0.utf8.allSatisfy(Self.isScopeByte) }) else { return nil }
        names = Set(words.map(String.init))
    }

    /// Whether there is none.
    package var isEmpty: Bool { names.isEmpty }
    package var description: String { names.sorted().joined(separator: " ") }

    private static func isScopeByte(_ byte: UInt8) -> Bool {
        byte == 0x21 || (0x23...0x5B).contains(byte) || (0x5D...0x7E).contains(byte)
    }
}

extension FormParameters {
    /// The parameter `scope`; `nil` if it is not there.
    func scopes() throws(OAuthRefusal) -> Scopes? {
        guard let text = self["scope"] else { return nil }
        guard let scopes = Scopes(parsing: text) else {
            throw OAuthRefusal(.invalidScope, "A scope has a character that scopes do not have.")
        }
        return scopes
    }
}
