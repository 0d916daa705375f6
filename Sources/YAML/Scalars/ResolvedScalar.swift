// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// A scalar with the type that kubectl's YAML library gives it.
enum ResolvedScalar: Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case double(Double)
    case string(String)

    /// The name of the type in messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .unsigned: "an integer"
        case .double: "a number"
        case .string: "a string"
        }
    }

    /// The value in JSON, or `nil` for infinity and NaN, which JSON does not have.
    ///
    /// A whole number written with a point or exponent becomes an integer, because it travels to the API server as JSON
    /// text without either: `1e3` arrives as `1000`.
    var json: JSONValue? {
        switch self {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .unsigned(let value): return .unsigned(value)
        case .string(let value): return .string(value)
        case .double(let value):
            guard value.isFinite else { return nil }
            do throws(JSONSyntaxError) {
                return try JSONValue(parsing: JSONValue.double(value).serialized(.canonical))
            } catch {
                // What we wrote ourselves parses; were it not so, the number itself is still right.
                return .double(value)
            }
        }
    }

    /// The text as an object's key, or `nil` when kubectl's library takes no such key.
    var key: String? {
        switch self {
        case .string(let value): value
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .double(let value): FloatKey.text(value)
        case .null, .unsigned: nil
        }
    }
}

/// Keys that look like fractions, as kubectl's library writes them: in single precision and with at most six digits
/// before it turns to an exponent.
private enum FloatKey {
    static func text(_ value: Double) -> String {
        let single = Float(value)
        if single.isNaN { return ".nan" }
        if single.isInfinite { return single < 0 ? "-.inf" : ".inf" }
        if single == 0 { return single.sign == .minus ? "-0" : "0" }
        let (digits, exponent) = decompose(single.magnitude)
        let sign = single < 0 ? "-" : ""
        guard (-4..<6).contains(exponent) else {
            let fraction = digits.count > 1 ? ".\(digits.dropFirst())" : ""
            let power = String(abs(exponent))
            return
                "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(power.count < 2 ? "0" : "")\(power)"
        }
        if exponent < 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent - 1))\(digits)" }
        let whole = digits.prefix(exponent + 1)
        let zeros = String(repeating: "0", count: exponent + 1 - whole.count)
        let fraction = digits.dropFirst(exponent + 1)
        return "\(sign)\(whole)\(zeros)\(fraction.isEmpty ? "" : ".")\(fraction)"
    }

    /// The shortest digits of a positive number, and the power of ten of the first.
    private static func decompose(_ value: Float) -> (digits: String, exponent: Int) {
        let parts = value.description.split(separator: "e")
        let scale = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let halves = (parts.first ?? "").split(separator: ".", omittingEmptySubsequences: false)
        let whole = halves.first.map(String.init) ?? ""
        let all = whole + (halves.count > 1 ? String(halves[1]) : "")
        let significant = all.drop { $0 == "0" }
        var digits = String(significant)
        while digits.hasSuffix("0") { digits.removeLast() }
        return (digits, whole.count - (all.count - significant.count) - 1 + scale)
    }
}
