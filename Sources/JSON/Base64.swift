// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Base64 as Kubernetes uses it in a Secret's `data`: [RFC 4648 §4](https://www.rfc-editor.org/rfc/rfc4648#section-4).
package enum Base64 {
    private static let tail: SextetText.Tail = (UInt8(ascii: "+"), UInt8(ascii: "/"))
    private static let padding = UInt8(ascii: "=")

    /// The text of some bytes, with padding.
    package static func encode(_ bytes: [UInt8]) -> String {
        var text = SextetText.encode(bytes, tail: tail)
        while !text.count.isMultiple(of: 4) { text.append(padding) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text, or `nil` when it is not Base64.
    ///
    /// Strict, so that each value has one text: padding must be complete, the bits it leaves over must be zero, and there
    /// is no white space.
    package static func decode(_ text: String) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count.isMultiple(of: 4) else { return nil }
        let paddingCount = characters.suffix(2).reversed().prefix { $0 == padding }.count
        return SextetText.decode(characters.dropLast(paddingCount), tail: tail)
    }
}
