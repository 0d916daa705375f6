// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// Parses a whole text.
    ///
    /// Stricter than [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259) asks: a name given twice in an object, a
    /// surrogate without its other half, a byte order mark and invalid UTF-8 are refused, because readers that differ on
    /// them can be played off against each other.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONSyntaxError) {
        self = try JSONParser.parse(bytes.span, limits: limits, from: JSONTextPosition())
    }

    /// Parses a whole text.
    package init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONSyntaxError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}

/// A recursive descent parser over bytes.
///
/// The bytes are a parameter of each method and not a stored property, because a span may not outlive its call.
struct JSONParser {
    private let limits: JSONLimits
    /// Where the first byte stands in the text, for error messages.
    private let start: JSONTextPosition
    private var valuesLeft: Int
    var position = 0

    /// Parses `bytes`, which must hold one value and nothing else but white space.
    static func parse(
        _ bytes: Span<UInt8>,
        limits: JSONLimits,
        from start: JSONTextPosition
    ) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(limits: limits, start: start, valuesLeft: limits.maximumValues)
        guard bytes.count <= limits.maximumBytes else {
            throw start.error("The text is longer than \(limits.maximumBytes) bytes")
        }
        parser.skipWhiteSpace(bytes)
        let value = try parser.value(bytes, depth: 0)
        parser.skipWhiteSpace(bytes)
        guard parser.position == bytes.count else {
            throw parser.failure(bytes, "There must be nothing after the value")
        }
        return value
    }

    /// Parses the value that `bytes` start with, and counts the bytes it takes.
    ///
    /// - Returns: `nil` when there is no whole, correct value.
    static func parsePrefix(_ bytes: Span<UInt8>, limits: JSONLimits) -> (value: JSONValue, length: Int)? {
        var parser = JSONParser(limits: limits, start: JSONTextPosition(), valuesLeft: limits.maximumValues)
        do throws(JSONSyntaxError) {
            let value = try parser.value(bytes, depth: 0)
            return parser.position <= limits.maximumBytes ? (value, parser.position) : nil
        } catch {
            // The caller finds out whether the text goes on elsewhere or is wrong.
            return nil
        }
    }

    private init(limits: JSONLimits, start: JSONTextPosition, valuesLeft: Int) {
        self.limits = limits
        self.start = start
        self.valuesLeft = valuesLeft
    }

    /// An error at the byte that is `offset` from the start, or at the current one.
    func failure(_ bytes: Span<UInt8>, at offset: Int? = nil, _ problem: String) -> JSONSyntaxError {
        start.advanced(over: bytes, count: min(offset ?? position, bytes.count)).error(problem)
    }

    /// Parses a value; `mayOmit` says that it stands under the name whose object has the omitted member.
    private mutating func value(
        _ bytes: Span<UInt8>,
        depth: Int,
        mayOmit: Bool = false
    ) throws(JSONSyntaxError) -> JSONValue {
        guard position < bytes.count else { throw failure(bytes, "The text ends where a value is needed") }
        valuesLeft -= 1
        guard valuesLeft >= 0 else { throw failure(bytes, "There are more than \(limits.maximumValues) values") }
        switch bytes[position] {
        case UInt8(ascii: "\""): return .string(try string(bytes))
        case UInt8(ascii: "{"): return .object(try object(bytes, depth: depth + 1, mayOmit: mayOmit))
        case UInt8(ascii: "["): return .array(try array(bytes, depth: depth + 1))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(bytes)
        case UInt8(ascii: "t"): return try literal(bytes, "true", .bool(true))
        case UInt8(ascii: "f"): return try literal(bytes, "false", .bool(false))
        case UInt8(ascii: "n"): return try literal(bytes, "null", .null)
        case 0xEF where position == 0: throw failure(bytes, "The text must not start with a byte order mark")
        default: throw failure(bytes, "A value must start here, not \(named(bytes[position]))")
        }
    }

    private mutating func object(
        _ bytes: Span<UInt8>,
        depth: Int,
        mayOmit: Bool
    ) throws(JSONSyntaxError) -> JSONObject {
        try enter(bytes, depth: depth)
        var object = JSONObject()
        if try isNext(UInt8(ascii: "}"), in: bytes, orEndOf: "an object") { return object }
        while true {
            let keyPosition = position
            guard bytes[position] == UInt8(ascii: "\"") else {
                throw failure(bytes, "A member's name in quotes must start here, not \(named(bytes[position]))")
            }
            let key = try string(bytes)
            guard try isNext(UInt8(ascii: ":"), in: bytes, orEndOf: "an object") else {
                throw failure(bytes, "A colon must follow a member's name, not \(named(bytes[position]))")
            }
            skipWhiteSpace(bytes)
            if mayOmit, key == limits.omitted?.name, position < bytes.count, bytes[position] == UInt8(ascii: "[") {
                try stepOver(bytes)
            } else {
                let value = try value(bytes, depth: depth, mayOmit: key == limits.omitted?.object)
                guard object.insertIfAbsent(key, value) else {
                    throw failure(bytes, at: keyPosition, "The member '\(shortened(key))' is given twice")
                }
            }
            if try isNext(UInt8(ascii: "}"), in: bytes, orEndOf: "an object") { return object }
            guard try isNext(UInt8(ascii: ","), in: bytes, orEndOf: "an object") else {
                throw failure(bytes, "A comma or a closing brace must follow a member, not \(named(bytes[position]))")
            }
            skipWhiteSpace(bytes)
            guard position < bytes.count else { throw failure(bytes, "The text ends inside an object") }
        }
    }

    /// Steps over an array without judging more of it than where it ends.
    private mutating func stepOver(_ bytes: Span<UInt8>) throws(JSONSyntaxError) {
        var extent = JSONValueExtent()
        extent.begin()
        guard extent.scan(bytes, from: &position) else { throw failure(bytes, "The text ends inside an array") }
    }

    private mutating func array(_ bytes: Span<UInt8>, depth: Int) throws(JSONSyntaxError) -> [JSONValue] {
        try enter(bytes, depth: depth)
        var elements: [JSONValue] = []
        if try isNext(UInt8(ascii: "]"), in: bytes, orEndOf: "an array") { return elements }
        while true {
            elements.append(try value(bytes, depth: depth))
            if try isNext(UInt8(ascii: "]"), in: bytes, orEndOf: "an array") { return elements }
            guard try isNext(UInt8(ascii: ","), in: bytes, orEndOf: "an array") else {
                throw failure(
                    bytes,
                    "A comma or a closing bracket must follow an element, not \(named(bytes[position]))"
                )
            }
            skipWhiteSpace(bytes)
        }
    }

    private mutating func literal(
        _ bytes: Span<UInt8>,
        _ word: StaticString,
        _ value: JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        for byte in "\(word)".utf8 {
            guard position < bytes.count, bytes[position] == byte else { throw failure(bytes, "'\(word)' is misspelt") }
            position += 1
        }
        return value
    }

    /// Steps over an opening brace or bracket.
    private mutating func enter(_ bytes: Span<UInt8>, depth: Int) throws(JSONSyntaxError) {
        guard depth <= limits.maximumDepth else {
            throw failure(bytes, "Values are nested more than \(limits.maximumDepth) deep")
        }
        position += 1
    }

    /// Whether `byte` comes next after white space; if so, steps over it.
    private mutating func isNext(
        _ byte: UInt8,
        in bytes: Span<UInt8>,
        orEndOf container: StaticString
    ) throws(JSONSyntaxError) -> Bool {
        skipWhiteSpace(bytes)
        guard position < bytes.count else { throw failure(bytes, "The text ends inside \(container)") }
        guard bytes[position] == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    private mutating func skipWhiteSpace(_ bytes: Span<UInt8>) {
        while position < bytes.count, Self.isWhiteSpace(bytes[position]) { position += 1 }
    }

    /// The four characters of [RFC 8259 §2](https://www.rfc-editor.org/rfc/rfc8259#section-2).
    @inline(__always)
    static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\t")
    }
}

/// A byte as messages name it.
func named(_ byte: UInt8) -> String {
    switch byte {
    case 0x21...0x7E: "'\(Unicode.Scalar(byte))'"
    default: "the byte 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))"
    }
}

/// A name from the text, cut so that a message stays readable.
func shortened(_ text: String) -> String { text.count <= 80 ? text : text.prefix(80) + "…" }
