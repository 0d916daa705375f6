// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension Substring.UTF8View {
    /// Takes a quoted string off the front, its escapes resolved:
    /// [RFC 9110 §5.6.4](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.4).
    ///
    /// - Returns: `nil` if there is none, or if it does not end; what was looked at is gone then.
    package mutating func popQuotedText() -> String? {
        guard first == UInt8(ascii: "\"") else { return nil }
        removeFirst()
        var bytes: [UInt8] = []
        while let byte = popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = popFirst() else { return nil }
                bytes.append(escaped)
            default: bytes.append(byte)
            }
        }
        return nil
    }
}
