// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// Gives a scalar its type, as the YAML library of kubectl does.
///
/// Its rules are neither YAML 1.1 nor 1.2: `yes` and `on` are booleans, `010` is octal but `08` is eight, `1:30` and
/// dates are strings, and an underscore may stand anywhere in a number after its first character.
enum ScalarResolver {
    /// A tag that the scalar's text does not fit.
    struct Mismatch: Error {
        var problem: String
    }

    private static let tagPrefix = "tag:yaml.org,2002:"

    /// The typed value of a scalar.
    static func resolve(_ scalar: YAMLScalar) throws(Mismatch) -> ResolvedScalar {
        guard let tag = scalar.tag else { return scalar.isImplicit ? plain(scalar.text) : .string(scalar.text) }
        guard tag.hasPrefix(tagPrefix) else { return .string(scalar.text) }
        return switch tag.dropFirst(tagPrefix.count) {
        case "null": try plain(scalar.text, mustBe: "!!null") { $0 == .null ? $0 : nil }
        case "bool": try plain(scalar.text, mustBe: "!!bool") { if case .bool = $0 { $0 } else { nil } }
        case "int": try plain(scalar.text, mustBe: "!!int", Self.integer)
        case "float": try plain(scalar.text, mustBe: "!!float", Self.double)
        case "timestamp": try timestamp(scalar.text)
        case "binary": try binary(scalar.text)
        // `!!str` and every tag the library does not know.
        default: .string(scalar.text)
        }
    }

    private static func plain(
        _ text: String,
        mustBe tag: String,
        _ convert: (ResolvedScalar) -> ResolvedScalar?
    ) throws(Mismatch) -> ResolvedScalar {
        let value = plain(text)
        guard let converted = convert(value) else {
            throw Mismatch(
                problem:
                    "Could not read the value as '\(tag)': it is \(value.kind). Change the value or remove the tag."
            )
        }
        return converted
    }

    private static func integer(_ value: ResolvedScalar) -> ResolvedScalar? {
        switch value {
        case .integer, .unsigned: value
        default: nil
        }
    }

    private static func double(_ value: ResolvedScalar) -> ResolvedScalar? {
        switch value {
        case .double: value
        case .integer(let value): .double(Double(value))
        default: nil
        }
    }

    private static func timestamp(_ text: String) throws(Mismatch) -> ResolvedScalar {
        guard Timestamp.isValid(text) else {
            throw Mismatch(
                problem:
                    "Could not read the value as '!!timestamp': it is no date. Write it as in 2001-12-14T21:59:43Z."
            )
        }
        // The library keeps the text, so that JSON carries what was written.
        return .string(text)
    }

    private static func binary(_ text: String) throws(Mismatch) -> ResolvedScalar {
        guard let bytes = Base64.decode(text.filter { !$0.isNewline }),
            let decoded = String(validating: bytes, as: UTF8.self)
        else {
            throw Mismatch(
                problem: "Could not read the value as '!!binary': it is no text in Base64. "
                    + "Remove the tag where Base64 itself is wanted, as in a Secret's data."
            )
        }
        return .string(decoded)
    }

    /// The value of a text that is neither quoted nor tagged.
    static func plain(_ text: String) -> ResolvedScalar {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            return infinity(text) ?? NumberReader.number(text) ?? .string(text)
        case UInt8(ascii: "."):
            return infinity(text) ?? NumberReader.fraction(text) ?? .string(text)
        default:
            return text.utf8.count <= 5 ? word(text) : .string(text)
        }
    }

    private static func infinity(_ text: String) -> ResolvedScalar? {
        guard text.utf8.count <= 5 else { return nil }
        return switch text {
        case ".nan", ".NaN", ".NAN": .double(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": .double(.infinity)
        case "-.inf", "-.Inf", "-.INF": .double(-.infinity)
        default: nil
        }
    }

    private static func word(_ text: String) -> ResolvedScalar {
        switch text {
        case "~", "null", "Null", "NULL": .null
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": .bool(true)
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": .bool(false)
        default: .string(text)
        }
    }
}

/// The dates that the library takes for `!!timestamp`.
private enum Timestamp {
    static func isValid(_ text: String) -> Bool {
        guard
            let match = text.wholeMatch(
                of:
                    #/(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[+-]\d{2}:\d{2}))|(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?))?/#
            )
        else { return false }
        let (_, year, month, day, hour, minute, second, otherHour, otherMinute, otherSecond) = match.output
        guard let year = Int(year), let month = Int(month), let day = Int(day), (1...12).contains(month) else {
            return false
        }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let clock = [hour ?? otherHour, minute ?? otherMinute, second ?? otherSecond].map {
            $0.flatMap { Int($0) } ?? 0
        }
        return (1...days[month - 1]).contains(day) && clock[0] < 24 && clock[1] < 60 && clock[2] < 60
    }
}
