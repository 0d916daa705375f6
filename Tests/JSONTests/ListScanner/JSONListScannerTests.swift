// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@Suite("JSON list scanner")
struct JSONListScannerTests {
    private struct Stop: Error {}

    /// Feeds `text` in pieces of `size` bytes.
    private static func scan(
        _ text: String,
        by size: Int,
        limits: JSONListLimits = JSONListLimits()
    ) throws -> (items: [JSONValue], members: JSONObject) {
        var scanner = JSONListScanner(limits: limits)
        var items: [JSONValue] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            try scanner.feed(Array(rest.prefix(size))) { items.append($0) }
            rest = rest.dropFirst(size)
        }
        return (items, try scanner.finish())
    }

    private static let list = #"""
        { "kind": "List", "metadata" : {"resourceVersion":"17","continue":"a\"],}"} ,
          "items": [ {"name":"a \"[{\\","n":[1,[2]]}, "é😀\u00e9\ud83d\ude00", -1.5e3 ,true,null, [] ,{} ],
          "after":12, "last":[{"items":[1]}]}
        """#

    @Test("Items and members are the same wherever the text is cut")
    func everySplit() throws {
        let whole = try #require(JSONValue(parsing: Self.list).objectValue)
        let items = try #require(whole["items"]?.arrayValue)
        var members = whole
        members["items"] = nil
        for size in 1...(Self.list.utf8.count + 1) {
            let result = try Self.scan(Self.list, by: size)
            #expect(result.items == items)
            #expect(result.members == members)
            #expect(result.members.keys == ["kind", "metadata", "after", "last"])
        }
        let bytes = Array(Self.list.utf8)
        for cut in bytes.indices {
            var scanner = JSONListScanner()
            var found: [JSONValue] = []
            try scanner.feed(Array(bytes[..<cut])) { found.append($0) }
            try scanner.feed([]) { found.append($0) }
            try scanner.feed(Array(bytes[cut...])) { found.append($0) }
            #expect(found == items)
            #expect(try scanner.finish() == members)
        }
    }

    @Test(
        "A text without an array of items is read as an object",
        arguments: [
            ("{}", [:]), (#"{"items":null,"kind":"L"}"#, ["items": .null, "kind": "L"]),
            (#"{"kind":"Status","code":410,"items":"none"}"#, ["kind": "Status", "code": 410, "items": "none"]),
            (#"{"items":{"a":[1]}}"#, ["items": ["a": [1]]]),
            (#" {"metadata":{"items":[1]}} "#, ["metadata": ["items": [1]]]),
            (#"{"items":[]}"#, [:]), (#"{"\u0069tems":[ ],"x":1}"#, ["x": 1]),
        ] as [(String, JSONValue)]
    )
    func noItems(text: String, expected: JSONValue) throws {
        for size in [1, 3, 1000] {
            let result = try Self.scan(text, by: size)
            #expect(result.items.isEmpty)
            #expect(JSONValue.object(result.members) == expected)
        }
    }

    @Test(
        "What is not an object is refused where it goes wrong",
        arguments: [
            ("[]", 0), ("<html>", 0), ("null", 0), ("{}{}", 2), ("{\"items\":[1,]}", 12), ("{\"items\":[,]}", 10),
            ("{\"items\":[1 2]}", 12), ("{\"items\":[1}", 11), ("{\"items\":[{\"a\" 1}]}", 15),
            ("{\"items\":[{]}]}", 11),
            ("{\"items\":[1],\"items\":[2]}", 13), ("{\"items\":[1],\"items\":2}", 13),
            ("{\"items\":2,\"items\":[1]}", 11),
            ("{\"a\":1,\"a\":2}", 7), ("{\"a\" 1}", 5), ("{\"a\":1 \"b\"}", 7), ("{a:1}", 1), ("{\"a\":1,}", 7),
            ("{\"a\":tru}", 8), ("{\"items\":[tru]}", 13), ("{\"items\":[01]}", 10), ("{\"a\":}", 5),
            ("{\"a\\x\":1}", 4),
            ("{\"items\":[\"\\ud800\"]}", 11), ("{\"items\":[{\"a\":1,\"a\":2}]}", 17),
        ]
    )
    func refused(text: String, offset: Int) throws {
        for size in 1...text.utf8.count {
            let error = try #require(throws: JSONSyntaxError.self) { try Self.scan(text, by: size) }
            #expect(error.offset == offset, "pieces of \(size): \(error)")
        }
    }

    @Test("A text that ends early is refused at its end, with its line")
    func truncated() throws {
        let bytes = Array(Self.list.utf8)
        for count in bytes.indices {
            var scanner = JSONListScanner()
            try scanner.feed(Array(bytes.prefix(count))) { _ in }
            let error = try #require(throws: JSONSyntaxError.self) { try scanner.finish() }
            #expect(error.offset == count)
        }
        let error = try #require(throws: JSONSyntaxError.self) { try Self.scan("{\n\"items\": [\n  1,\n  é]}", by: 2) }
        #expect((error.line, error.column) == (4, 3))
    }

    @Test("The length of an item and of the other members is bounded, in one piece or many")
    func limits() throws {
        let limits = JSONListLimits(maximumItemBytes: 20, maximumMemberBytes: 30)
        let fits = #"{"a":"0123456789","items":["012345678901234567"],"b":"0123"}"#
        let longItem = #"{"items":["0123456789012345678"]}"#
        let longObject = #"{"items":[{"a":"0123456789012345678"}]}"#
        let longMembers = #"{"a":"0123456789","b":"0123456789","c":"01234567"}"#
        for size in [1, 5, 1000] {
            #expect(throws: Never.self) { try Self.scan(fits, by: size, limits: limits) }
            for text in [longItem, longObject, longMembers] {
                let error = try #require(throws: JSONSyntaxError.self) { try Self.scan(text, by: size, limits: limits) }
                #expect(error.problem.contains("longer than"))
            }
        }
    }

    @Test("Nesting within an item is bounded")
    func depth() throws {
        let bomb = "{\"items\":[" + String(repeating: "[", count: 200) + String(repeating: "]", count: 200) + "]}"
        for size in [1, 64, 1000] {
            let error = try #require(throws: JSONSyntaxError.self) { try Self.scan(bomb, by: size) }
            #expect(error.problem.contains("128"))
        }
    }

    @Test("What the receiver of an item throws comes through")
    func receiverThrows() {
        var scanner = JSONListScanner()
        #expect(throws: Stop.self) { try scanner.feed(Array(Self.list.utf8)) { _ in throw Stop() } }
    }
}
