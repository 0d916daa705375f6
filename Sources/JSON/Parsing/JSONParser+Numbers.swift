// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension JSONParser {
    /// Parses a number, from its sign or first digit.
    ///
    /// An integer that fits `Int64` or `UInt64` is exact; any other number is the nearest `Double`.
    mutating func number(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> JSONValue {
        let start = position
        let isNegative = bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let firstDigit = position
        var magnitude: UInt64? = 0
        while let digit = digit(bytes) {
            if let value = magnitude {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
                magnitude = overflow || carry ? nil : sum
            }
            position += 1
        }
        guard position > firstDigit else { throw failure(bytes, "A digit must follow a minus sign") }
        guard position == firstDigit + 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
            throw failure(bytes, at: firstDigit, "A number must not start with a zero")
        }
        let isInteger = try !fractionAndExponent(bytes)
        if isInteger, let magnitude {
            if !isNegative {
                return Int64(exactly: magnitude).map(JSONValue.integer) ?? .unsigned(magnitude)
            }
            // `-0` is the integer 0: there is no negative zero among integers.
            if magnitude <= Int64.min.magnitude { return .integer(Int64(truncatingIfNeeded: 0 &- magnitude)) }
        }
        return try double(bytes, from: start)
    }

    /// Steps over a fraction and an exponent, and returns whether there was one of them.
    private mutating func fractionAndExponent(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> Bool {
        let start = position
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try digits(bytes, after: "a decimal point")
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits(bytes, after: "an exponent's 'e'")
        }
        return position > start
    }

    private mutating func digits(_ bytes: Span<UInt8>, after what: StaticString) throws(JSONSyntaxError) {
        guard digit(bytes) != nil else { throw failure(bytes, "A digit must follow \(what)") }
        while digit(bytes) != nil { position += 1 }
    }

    @inline(__always)
    private func digit(_ bytes: Span<UInt8>) -> UInt8? {
        guard position < bytes.count else { return nil }
        let digit = bytes[position] &- UInt8(ascii: "0")
        return digit <= 9 ? digit : nil
    }

    private func double(_ bytes: Span<UInt8>, from start: Int) throws(JSONSyntaxError) -> JSONValue {
        var text = ""
        for index in start..<position { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
        guard let value = Double(text), value.isFinite else {
            throw failure(bytes, at: start, "The number is too large")
        }
        return .double(value)
    }
}
