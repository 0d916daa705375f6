// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Reads the number forms of kubectl's YAML library, which are those of Go's `strconv`.
enum NumberReader {
    /// A text that starts with a digit or a sign, as a number; `nil` when it is a string.
    static func number(_ text: String) -> ResolvedScalar? {
        let plain = text.utf8.filter { $0 != UInt8(ascii: "_") }
        if let integer = integer(plain[...]) { return integer }
        if let double = decimal(plain[...]) { return double }
        // A sign after `0b` is a quirk: the digits there are read by a function that takes one.
        guard plain.starts(with: "0b".utf8) else { return nil }
        let digits = plain.dropFirst(2)
        guard let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") else { return nil }
        return signed(magnitude(digits.dropFirst(), radix: 2), isNegative: sign == UInt8(ascii: "-"))
    }

    /// A text that starts with a point, as a number.
    ///
    /// Underscores may stand between digits only.
    static func fraction(_ text: String) -> ResolvedScalar? {
        let bytes = Array(text.utf8)
        for (position, byte) in bytes.enumerated() where byte == UInt8(ascii: "_") {
            guard position > 0, position + 1 < bytes.count, isDigit(bytes[position - 1]), isDigit(bytes[position + 1])
            else { return nil }
        }
        return decimal(bytes.filter { $0 != UInt8(ascii: "_") }[...])
    }

    private static func integer(_ text: ArraySlice<UInt8>) -> ResolvedScalar? {
        let sign = text.first.flatMap { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") ? $0 : nil }
        let (digits, radix) = split(sign == nil ? text : text.dropFirst())
        let magnitude = magnitude(digits, radix: radix)
        if let value = signed(magnitude, isNegative: sign == UInt8(ascii: "-")) { return value }
        // Only a number without a sign is tried as an unsigned one.
        return sign == nil ? magnitude.map(ResolvedScalar.unsigned) : nil
    }

    private static func signed(_ magnitude: UInt64?, isNegative: Bool) -> ResolvedScalar? {
        guard let magnitude else { return nil }
        guard isNegative else { return Int64(exactly: magnitude).map(ResolvedScalar.integer) }
        guard magnitude <= Int64.min.magnitude else { return nil }
        return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
    }

    /// Takes off the prefix that names the radix: `0x`, `0o`, `0b` in either case, or a plain `0` for octal.
    private static func split(_ text: ArraySlice<UInt8>) -> (digits: ArraySlice<UInt8>, radix: UInt64) {
        guard text.first == UInt8(ascii: "0"), text.count > 1 else { return (text, 10) }
        let second = text[text.startIndex + 1] | 0x20
        guard text.count > 2 else { return (text.dropFirst(), 8) }
        switch second {
        case UInt8(ascii: "x"): return (text.dropFirst(2), 16)
        case UInt8(ascii: "o"): return (text.dropFirst(2), 8)
        case UInt8(ascii: "b"): return (text.dropFirst(2), 2)
        default: return (text.dropFirst(), 8)
        }
    }

    private static func magnitude(_ digits: ArraySlice<UInt8>, radix: UInt64) -> UInt64? {
        guard !digits.isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt64.init), digit < radix else {
                return nil
            }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            let (sum, carry) = product.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    /// A decimal number with an optional sign, point and exponent; `nil` when it is none, or too large for a `Double`.
    private static func decimal(_ text: ArraySlice<UInt8>) -> ResolvedScalar? {
        var rest = text
        var normalised: [UInt8] = []
        if let sign = takeSign(&rest), sign == UInt8(ascii: "-") { normalised.append(sign) }
        let whole = takeDigits(&rest)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = takeDigits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        // Swift wants digits on both sides of a point.
        normalised += whole.isEmpty ? [UInt8(ascii: "0")] : whole
        normalised.append(UInt8(ascii: "."))
        normalised += fraction.isEmpty ? [UInt8(ascii: "0")] : fraction
        if let exponent = rest.first, exponent | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            normalised.append(UInt8(ascii: "e"))
            if let sign = takeSign(&rest) { normalised.append(sign) }
            let digits = takeDigits(&rest)
            guard !digits.isEmpty else { return nil }
            normalised += digits
        }
        guard rest.isEmpty, let value = Double(String(decoding: normalised, as: UTF8.self)), value.isFinite else {
            return nil
        }
        return .double(value)
    }

    private static func takeSign(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
        guard let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") else { return nil }
        return rest.removeFirst()
    }

    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix(while: isDigit)
        rest = rest.dropFirst(digits.count)
        return digits
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }
}
