// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The text of `maxTokenLifetime`: whole hours, minutes and seconds, a subset of Go's durations.
enum TokenLifetime {
    static let range: ClosedRange<Duration> = .seconds(1)...(.seconds(86_400))

    /// Reads `^([0-9]{1,5}(h|m|s)){1,3}$`; `nil` for anything else.
    static func parse(_ text: String) -> Duration? {
        var total: Int64 = 0
        var digits = ""
        var parts = 0
        for character in text.utf8 {
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits.unicodeScalars.append(UnicodeScalar(character))
            case UInt8(ascii: "h"), UInt8(ascii: "m"), UInt8(ascii: "s"):
                guard digits.utf8.count <= 5, let number = Int64(digits) else { return nil }
                total += number * (character == UInt8(ascii: "h") ? 3_600 : character == UInt8(ascii: "m") ? 60 : 1)
                digits = ""
                parts += 1
            default: return nil
            }
        }
        return digits.isEmpty && (1...3).contains(parts) ? .seconds(total) : nil
    }
}
