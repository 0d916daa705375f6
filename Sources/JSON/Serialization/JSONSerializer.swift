// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// How a JSON value is written.
package enum JSONStyle: Hashable, Sendable {
    /// No white space; members in their order.
    case compact
    /// No white space, members sorted by the UTF-8 bytes of their names, numbers as
    /// [RFC 8785 §3.2.2.3](https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2.3) writes them, so that equal values give
    /// equal bytes to hash. Other than that RFC it keeps integers beyond 2^53 exact, and it sorts by UTF-8, not UTF-16.
    case canonical
    /// Two spaces a level, members in their order, for people.
    case pretty
}

extension JSONValue {
    /// The value as UTF-8 text.
    ///
    /// A number that is not finite, which no parsed text holds, is written as `null`.
    package func serialized(_ style: JSONStyle = .compact) -> [UInt8] {
        var serializer = JSONSerializer(style: style)
        serializer.write(self)
        return serializer.output
    }

    /// The value as text.
    package func serializedText(_ style: JSONStyle = .compact) -> String {
        String(decoding: serialized(style), as: UTF8.self)
    }
}

private struct JSONSerializer {
    let style: JSONStyle
    var output: [UInt8] = []
    private var level = 0

    init(style: JSONStyle) { self.style = style }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .integer(let value): output += String(value).utf8
        case .unsigned(let value): output += String(value).utf8
        case .double(let value): write(value)
        case .string(let value): write(value)
        case .array(let elements): write(elements)
        case .object(let object): write(object)
        }
    }

    private mutating func write(_ elements: [JSONValue]) {
        output.append(UInt8(ascii: "["))
        level += 1
        for (position, element) in elements.enumerated() {
            separate(isFirst: position == 0)
            write(element)
        }
        close(UInt8(ascii: "]"), isEmpty: elements.isEmpty)
    }

    private mutating func write(_ object: JSONObject) {
        output.append(UInt8(ascii: "{"))
        level += 1
        if style == .canonical {
            let sorted = object.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (position, member) in sorted.enumerated() { write(member, isFirst: position == 0) }
        } else {
            for (position, member) in object.enumerated() { write(member, isFirst: position == 0) }
        }
        close(UInt8(ascii: "}"), isEmpty: object.isEmpty)
    }

    private mutating func write(_ member: (key: String, value: JSONValue), isFirst: Bool) {
        separate(isFirst: isFirst)
        write(member.key)
        output.append(UInt8(ascii: ":"))
        if style == .pretty { output.append(UInt8(ascii: " ")) }
        write(member.value)
    }

    private mutating func separate(isFirst: Bool) {
        if !isFirst { output.append(UInt8(ascii: ",")) }
        breakLine()
    }

    private mutating func close(_ byte: UInt8, isEmpty: Bool) {
        level -= 1
        if !isEmpty { breakLine() }
        output.append(byte)
    }

    private mutating func breakLine() {
        guard style == .pretty else { return }
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: level * 2))
    }

    private mutating func write(_ text: String) {
        output.append(UInt8(ascii: "\""))
        if text.utf8.contains(where: Self.needsEscape) {
            for byte in text.utf8 { writeEscaped(byte) }
        } else {
            output += text.utf8
        }
        output.append(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): output += "\\\"".utf8
        case UInt8(ascii: "\\"): output += "\\\\".utf8
        case 0x08: output += "\\b".utf8
        case 0x09: output += "\\t".utf8
        case 0x0A: output += "\\n".utf8
        case 0x0C: output += "\\f".utf8
        case 0x0D: output += "\\r".utf8
        case ..<0x20: output += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
        default: output.append(byte)
        }
    }

    private mutating func write(_ value: Double) {
        guard value.isFinite else {
            output += "null".utf8
            return
        }
        // Swift's own description is the shortest text that reads back as the same number, and it is valid JSON.
        output += (style == .canonical ? ECMAScriptNumber.text(value) : value.description).utf8
    }
}
