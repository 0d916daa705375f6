// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@Suite("JSON parser")
struct JSONParserTests {
    @Test(
        "Every form of RFC 8259 is read",
        arguments: [
            ("null", .null), (" true\r\n", .bool(true)), ("\tfalse", .bool(false)), ("0", 0), ("-0", 0), ("-1", -1),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .unsigned(9_223_372_036_854_775_808)), ("18446744073709551615", .unsigned(.max)),
            ("18446744073709551616", .double(18_446_744_073_709_551_616)),
            ("-9223372036854775809", .double(-9_223_372_036_854_775_808)), ("1.0", .double(1)), ("0.5", .double(0.5)),
            ("-0.0", .double(-0.0)), ("1e3", .double(1000)), ("1E+2", .double(100)), ("1.5e-3", .double(0.0015)),
            ("1e-400", .double(0)), ("123123e100000000000000000000", nil), (#""""#, ""), (#""abc""#, "abc"),
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\uD83D\ude00x""#, "é😀x"),
            (#""é😀\n日本""#, "é😀\n日本"),
            (#""\u0000""#, "\u{0}"), ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"), ("[]", []), ("[ ]", []), ("{ }", [:]),
            ("[1,[2],{}]", [1, [2], [:]]), (#"{"a":{"b":[null]},"":1}"#, ["a": ["b": [.null]], "": 1]),
            (#" { "a" : 1 , "b" : [ 1 , 2 ] } "#, ["a": 1, "b": [1, 2]]),
        ] as [(String, JSONValue?)]
    )
    func accepted(text: String, expected: JSONValue?) throws {
        guard let expected else {
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
            return
        }
        #expect(try JSONValue(parsing: text) == expected)
    }

    @Test(
        "Everything else is refused, at the right byte",
        arguments: [
            ("", 0), (" ", 1), ("nul", 3), ("nulL", 3), ("True", 0), ("undefined", 0), ("'a'", 0), ("NaN", 0),
            ("Infinity", 0), ("-Infinity", 1), ("+1", 0), ("-", 1), ("01", 0), ("-01", 1), ("00", 0), ("1.", 2),
            (".5", 0),
            ("1.e5", 2), ("1e", 2), ("1e+", 3), ("0x10", 1), ("1_000", 1), ("1e400", 0), ("-1e400", 0), ("1 2", 2),
            ("[1]]", 3), ("{}x", 2), ("[", 1), ("[1", 2), ("[1,", 3), ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3),
            ("[1}", 2),
            ("{", 1), (#"{"a""#, 4), (#"{"a":"#, 5), (#"{"a":1"#, 6), (#"{"a":1,"#, 7), (#"{"a":1,}"#, 7), ("{,}", 1),
            ("{a:1}", 1), ("{1:1}", 1), (#"{"a" 1}"#, 5), (#"{"a":1 "b":2}"#, 7), (#"{"a":1,"a":2}"#, 7),
            (#"{"a":1,"b":{"a":1},"\u0061":3}"#, 19), (#"""#, 1), (#""abc"#, 4), ("\"a\nb\"", 2), ("\"a\u{0}\"", 2),
            ("\"\t\"", 1), (#""\x41""#, 2), (#""\"#, 2), (#""\u12"#, 5), (#""\u12G4""#, 5), (#""\uD800""#, 1),
            (#""a\uD800b""#, 2), (#""\uD800\n""#, 1), (#""\uD800\uD800""#, 1), (#""\uDC00""#, 1),
            (#""\uDC00\uD800""#, 1),
            ("\u{FEFF}{}", 0), ("/* c */ 1", 0), ("1 // c", 2), ("<html>", 0),
        ]
    )
    func refused(text: String, offset: Int) throws {
        let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
        #expect(error.offset == offset, "\(error)")
        #expect(!error.problem.isEmpty)
    }

    @Test(
        "Bytes that are not UTF-8 are refused",
        arguments: [
            [0xFF], [0xC0, 0xAF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
            [0xF0, 0x9F, 0x98],
        ] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) throws {
        for text in [Array("\"a".utf8) + bytes + Array("\"".utf8), Array("\"\\n".utf8) + bytes + Array("\\n\"".utf8)] {
            let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
            #expect(error.problem.contains("UTF-8"))
            #expect((2...5).contains(error.offset))
        }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: bytes) }
    }

    @Test("An error says in which line and at which character it is")
    func position() throws {
        let error = try #require(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: "{\n  \"é😀\": 1,\n  \"é😀\" 2}")
        }
        #expect((error.line, error.column) == (3, 8))
        #expect(error.description.hasPrefix("line 3, column 8: A colon must follow"))
    }

    @Test("Nesting is bounded, so a depth bomb does not exhaust the stack")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(128)) }
        for text in [nested(129), nested(1_000_000), String(repeating: "{\"a\":", count: 100_000)] {
            let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
            #expect(error.problem.contains("128"))
        }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: "[[]]", limits: JSONLimits(maximumDepth: 1)) }
    }

    @Test("Length and number of values are bounded")
    func limits() {
        #expect(throws: Never.self) {
            try JSONValue(parsing: "[1,2]", limits: JSONLimits(maximumBytes: 5, maximumValues: 3))
        }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: "[1,2]", limits: JSONLimits(maximumBytes: 4)) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: "[1,2]", limits: JSONLimits(maximumValues: 2)) }
    }

    @Test("A large object keeps its order, finds its members and refuses repetition")
    func largeObject() throws {
        let members = (0..<1000).map { "\"key-\($0)\":\($0)" }
        let text = "{" + members.joined(separator: ",") + "}"
        let object = try #require(JSONValue(parsing: text).objectValue)
        #expect(object.keys == (0..<1000).map { "key-\($0)" })
        #expect(object["key-999"] == 999)
        #expect(JSONValue.object(object).serializedText() == text)
        let error = try #require(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: "{" + members.joined(separator: ",") + ",\"key-500\":0}")
        }
        #expect(error.problem.contains("'key-500'"))
    }

    @Test("Every single-byte damage of a text is refused or read, and never traps")
    func damage() {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\n😀",true,null],"b":{"c":"d"}}"#.utf8)
        var refused = 0
        for position in text.indices {
            for byte in stride(from: UInt8(0), through: 255, by: 5) {
                var damaged = text
                damaged[position] = byte
                do throws(JSONSyntaxError) { _ = try JSONValue(parsing: damaged) } catch {
                    refused += 1
                    #expect((0...damaged.count).contains(error.offset))
                }
            }
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array(text.prefix(position))) }
        }
        #expect(refused > 1000)
    }

    @Test(
        "An omitted array is stepped over, in objects of its parent's name alone",
        arguments: [
            (#"{"m":{"f":[{"a":"]}"},[1]],"b":1}}"#, ["m": ["b": 1]]), (#"{"m":{"b":1,"f":[]}}"#, ["m": ["b": 1]]),
            (#"{"x":[{"m":{"f":[1]}}]}"#, ["x": [["m": [:]]]]), (#"{"m":{"f":[1,"#, nil), (#"{"m":{"f":[1] 2}}"#, nil),
            (#"{"f":[1],"x":{"f":[1]}}"#, ["f": [1], "x": ["f": [1]]]), (#"{"m":[{"f":[1]}]}"#, ["m": [["f": [1]]]]),
            (#"{"m":{"f":1,"b":{"f":[2]}}}"#, ["m": ["f": 1, "b": ["f": [2]]]]), (#"{"m":{"f":"#, nil),
        ] as [(String, JSONValue?)]
    )
    func omitted(text: String, expected: JSONValue?) throws {
        let limits = JSONLimits(maximumValues: 8, omitted: JSONLimits.Member("f", of: "m"))
        guard let expected else {
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text, limits: limits) }
            return
        }
        #expect(try JSONValue(parsing: text, limits: limits) == expected)
        var items: [JSONValue] = []
        for cut in 0...text.utf8.count {
            var scanner = JSONListScanner(limits: JSONListLimits(value: limits))
            let list = Array(#"{"items":[\#(text)]}"#.utf8)
            try scanner.feed(Array(list[..<(cut + 9)])) { items.append($0) }
            try scanner.feed(Array(list[(cut + 9)...])) { items.append($0) }
            _ = try scanner.finish()
        }
        #expect(items == Array(repeating: expected, count: text.utf8.count + 1))
    }
}
