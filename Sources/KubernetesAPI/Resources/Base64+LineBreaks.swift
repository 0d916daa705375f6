// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension Base64 {
    /// The bytes of a text that may be wrapped, or `nil` when it is not base64.
    ///
    /// The API server skips line breaks, so that a value wrapped in a manifest reads the same.
    package static func decodeSkippingLineBreaks(_ text: String) -> [UInt8]? {
        // A line break of two characters is one Character, so this looks at scalars.
        guard text.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" }) else { return decode(text) }
        return decode(String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\n" && $0 != "\r" })))
    }
}
