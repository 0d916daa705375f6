// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@Suite("Merge patches and pointers")
struct JSONPatchTests {
    @Test(
        "The examples of RFC 7396, appendix A",
        arguments: [
            (["a": "b"], ["a": "c"], ["a": "c"]), (["a": "b"], ["b": "c"], ["a": "b", "b": "c"]),
            (["a": "b"], ["a": .null], [:]), (["a": "b", "b": "c"], ["a": .null], ["b": "c"]),
            (["a": ["b"]], ["a": "c"], ["a": "c"]), (["a": "c"], ["a": ["b"]], ["a": ["b"]]),
            (["a": ["b": "c"]], ["a": ["b": "d", "c": .null]], ["a": ["b": "d"]]),
            (["a": [["b": "c"]]], ["a": [1]], ["a": [1]]), (["a", "b"], ["c", "d"], ["c", "d"]),
            (["a": "b"], ["c"], ["c"]), (["a": "foo"], .null, .null), (["a": "foo"], "bar", "bar"),
            (["e": .null], ["a": 1], ["e": .null, "a": 1]), ([1, 2], ["a": "b", "c": .null], ["a": "b"]),
            ([:], ["a": ["bb": ["ccc": .null]]], ["a": ["bb": [:]]]),
        ] as [(JSONValue, JSONValue, JSONValue)]
    )
    func merge(target: JSONValue, patch: JSONValue, expected: JSONValue) {
        #expect(target.merging(patch: patch) == expected)
    }

    @Test(
        "The examples of RFC 6901 §5",
        arguments: [
            ("", nil), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/e^f", 3),
            ("/g|h", 4), ("/i\\j", 5), ("/k\"l", 6), ("/ ", 7), ("/m~0n", 8), ("/7", "seven"),
        ] as [(String, JSONValue?)]
    )
    func pointer(text: String, expected: JSONValue?) throws {
        let document: JSONValue = [
            "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7,
            "m~n": 8,
            "7": "seven",
        ]
        let pointer = try JSONPointer(parsing: text)
        #expect(pointer.description == text)
        #expect(document.value(at: pointer) == expected ?? document)
    }

    @Test(
        "A pointer to what is not there leads nowhere",
        arguments: ["/x", "/foo/2", "/foo/-", "/foo/bar", "/foo/0/0", "/foo/01"]
    )
    func nowhere(text: String) throws {
        let document: JSONValue = ["foo": ["bar", "baz"]]
        #expect(document.value(at: try JSONPointer(parsing: text)) == nil)
    }

    @Test("A text that is no pointer is refused", arguments: ["foo", "/~", "/~2", "/a~"])
    func refused(text: String) {
        #expect(throws: JSONPointerSyntaxError.self) { try JSONPointer(parsing: text) }
    }
}
