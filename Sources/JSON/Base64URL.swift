// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Base64 without padding in the alphabet for URLs: [RFC 7515 §2](https://www.rfc-editor.org/rfc/rfc7515#section-2).
package enum Base64URL {
    private static let tail: SextetText.Tail = (UInt8(ascii: "-"), UInt8(ascii: "_"))

    /// The text of some bytes.
    package static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: SextetText.encode(bytes, tail: tail), as: UTF8.self)
    }

    /// The bytes of a text, or `nil` when it is not in this form.
    ///
    /// Strict, so that each value has one text: there is no padding, no white space, no character of the other alphabet,
    /// and the bits left over are zero.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? { SextetText.decode(text, tail: tail) }

    /// The bytes of a text, or `nil` when it is not in this form.
    package static func decode(_ text: String) -> [UInt8]? { decode(text.utf8) }
}
