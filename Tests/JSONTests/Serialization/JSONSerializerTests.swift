// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import JSON

@Suite("JSON serializer")
struct JSONSerializerTests {
    private static let sample: JSONValue = [
        "b": [1, -2, .unsigned(.max), .double(1.5), true, .null, "a\"\\/\n\u{1}é😀"],
        "a": ["z": 1, "é": 2, "Z": [:], "": []],
    ]

    @Test("Compact text keeps the order of members and escapes what it must")
    func compact() {
        let expected =
            #"{"b":[1,-2,18446744073709551615,1.5,true,null,"a\"\\/\n\u0001é😀"],"a":{"z":1,"é":2,"Z":{},"":[]}}"#
        #expect(Self.sample.serializedText() == expected)
    }

    @Test("Canonical text sorts members by the bytes of their names")
    func canonical() {
        let expected =
            #"{"a":{"":[],"Z":{},"z":1,"é":2},"b":[1,-2,18446744073709551615,1.5,true,null,"a\"\\/\n\u0001é😀"]}"#
        #expect(Self.sample.serializedText(.canonical) == expected)
        let reordered: JSONValue = ["x": 1, "y": ["p": 1, "q": 2]]
        let other: JSONValue = ["y": ["q": 2, "p": 1], "x": 1]
        #expect(reordered.serialized(.canonical) == other.serialized(.canonical))
        #expect(reordered.serialized() != other.serialized())
    }

    @Test("Pretty text is indented by two spaces")
    func pretty() {
        let value: JSONValue = ["a": [1, ["b": "c"]], "d": [], "e": [:]]
        let expected = """
            {
              "a": [
                1,
                {
                  "b": "c"
                }
              ],
              "d": [],
              "e": {}
            }
            """
        #expect(value.serializedText(.pretty) == expected)
    }

    @Test("What is written reads back as the same value", arguments: [JSONStyle.compact, .pretty])
    func roundTrip(style: JSONStyle) throws {
        let numbers: [Double] = [
            0.1, 1, -1.5, 1e21, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 123_456_789.123, 1e16,
        ]
        let value: JSONValue = ["sample": Self.sample, "numbers": .array(numbers.map(JSONValue.double))]
        #expect(try JSONValue(parsing: value.serialized(style)) == value)
        let every = JSONValue.string(String(String.UnicodeScalarView((0...0xFF).compactMap(Unicode.Scalar.init))))
        #expect(try JSONValue(parsing: every.serialized(style)) == every)
    }

    @Test(
        "Canonical numbers are written as ECMAScript writes them",
        arguments: [
            (0, "0"), (-0.0, "0"), (1, "1"), (-1.5, "-1.5"), (100, "100"), (0.1, "0.1"), (0.000001, "0.000001"),
            (0.0000001, "1e-7"), (0.00000123, "0.00000123"), (1.5e-9, "1.5e-9"), (1e20, "100000000000000000000"),
            (1e21, "1e+21"), (1.5e300, "1.5e+300"), (123_456_789_012_345_680, "123456789012345680"),
            (9_007_199_254_740_992, "9007199254740992"), (333_333_333.333_333_3, "333333333.3333333"),
            (.leastNonzeroMagnitude, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e+308"), (4.35, "4.35"), (1234.5, "1234.5"),
        ] as [(Double, String)]
    )
    func numbers(value: Double, expected: String) {
        #expect(JSONValue.double(value).serializedText(.canonical) == expected)
    }

    @Test("A number that JSON does not have is written as null")
    func notFinite() {
        #expect(JSONValue.array([.double(.nan), .double(.infinity)]).serializedText() == "[null,null]")
    }
}

@Suite("JSON objects")
struct JSONObjectTests {
    @Test("Objects are equal whatever the order of their members, and hash alike", arguments: [3, 40])
    func equality(count: Int) {
        var forwards = JSONObject()
        var backwards = JSONObject()
        for number in 0..<count { forwards["key-\(number)"] = .integer(Int64(number)) }
        for number in (0..<count).reversed() { backwards["key-\(number)"] = .integer(Int64(number)) }
        #expect(forwards == backwards)
        #expect(forwards.hashValue == backwards.hashValue)
        backwards["key-0"] = "changed"
        #expect(forwards != backwards)
        backwards["key-0"] = nil
        #expect(forwards != backwards)
        #expect(backwards["key-\(count - 1)"] == .integer(Int64(count - 1)))
        #expect(backwards.count == count - 1)
    }
}

@Suite("Base64")
struct Base64Tests {
    @Test(
        "The examples of RFC 4648 §10 are read and written",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
    )
    func examples(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test("Every byte survives the way there and back")
    func roundTrip() {
        let bytes = (0...255).map(UInt8.init)
        for count in 0...256 {
            #expect(Base64.decode(Base64.encode(Array(bytes.prefix(count)))) == Array(bytes.prefix(count)))
        }
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
    }

    @Test(
        "Anything but one exact text is refused",
        arguments: [
            "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "=", "Zm9v\n", "Zm 9", "Zm-_", "Zg==Zg==", "Zé==",
        ]
    )
    func refused(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
