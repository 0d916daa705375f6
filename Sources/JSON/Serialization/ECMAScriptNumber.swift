// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Numbers as ECMAScript's `Number.prototype.toString` writes them, which RFC 8785 takes over.
enum ECMAScriptNumber {
    /// The text of a finite number.
    static func text(_ value: Double) -> String {
        if value == 0 { return "0" }
        let (digits, exponent) = decompose(value.magnitude)
        // The number is 0.d₁d₂d₃… × 10^exponent.
        let count = digits.count
        let text: String
        switch exponent {
        case count...21 where exponent >= count: text = digits + String(repeating: "0", count: exponent - count)
        case 1...21: text = "\(digits.prefix(exponent)).\(digits.dropFirst(exponent))"
        case -5...0: text = "0." + String(repeating: "0", count: -exponent) + digits
        default:
            let fraction = count > 1 ? ".\(digits.dropFirst())" : ""
            text = "\(digits.prefix(1))\(fraction)e\(exponent > 0 ? "+" : "")\(exponent - 1)"
        }
        return value < 0 ? "-" + text : text
    }

    /// The shortest decimal digits, without zeros at either end, and the exponent to put before them all.
    private static func decompose(_ value: Double) -> (digits: String, exponent: Int) {
        let parts = value.description.split(separator: "e")
        let mantissa = parts.first.map(String.init) ?? ""
        let scale = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let halves = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        let whole = halves.first.map(String.init) ?? ""
        let all = whole + (halves.count > 1 ? String(halves[1]) : "")
        let withoutLeading = all.drop { $0 == "0" }
        let exponent = whole.count - (all.count - withoutLeading.count) + scale
        var digits = String(withoutLeading)
        while digits.hasSuffix("0") { digits.removeLast() }
        return (digits, exponent)
    }
}
