// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@testable import YAML

@Suite("YAML documents")
struct YAMLDocumentsTests {
    private static func values(_ text: String) throws -> [JSONValue] {
        try YAMLDocuments.parse(text, file: "test.yaml").map(\.value)
    }

    @Test(
        "Documents are separated, and empty ones left out",
        arguments: [
            ("", []), ("\n\n", []), ("# only a comment\n", []), ("---\n", []), ("---\n---\n# nothing\n---\n...\n", []),
            ("~", []), ("--- null\n", []), ("a: 1", [["a": 1]]), ("---\na: 1\n---\nb: 2\n", [["a": 1], ["b": 2]]),
            ("a: 1\n...\n---\nb: 2\n...\n", [["a": 1], ["b": 2]]), ("--- text\n--- [1]\n", ["text", [1]]),
            ("%YAML 1.1\n---\na: 1\n", [["a": 1]]), ("\u{FEFF}a: 1\r\nb: 2\r\n", [["a": 1, "b": 2]]),
            ("---\n# a comment\n---\na: 1\n---\n", [["a": 1]]),
        ] as [(String, [JSONValue])]
    )
    func documents(text: String, expected: [JSONValue]) throws {
        #expect(try Self.values(text) == expected)
    }

    @Test(
        "JSON is read as YAML",
        arguments: [
            #"{"a":[1,-2.5,"x",true,null,{"b":"c"}],"d":"\u00e9\n\/"}"#, "{\n\t\"a\": 1,\n\t\"b\": [\n\t\t2\n\t]\n}",
            #"{"emoji":"\ud83d\ude00","a":{"b":1}}"#,
        ]
    )
    func json(text: String) throws {
        #expect(try Self.values(text) == [try JSONValue(parsing: text)])
    }

    @Test("Anchors, aliases and merges give the members that kubectl gives")
    func merges() throws {
        let text = """
            base: &base {a: 1, b: {c: 2}}
            again: *base
            over: {<<: *base, a: 3}
            under: {a: 3, <<: *base}
            several: {<<: [*base, {a: 4, d: 5}]}
            redefined: [&x 1, *x, &x 2, *x]
            """
        let expected: JSONValue = [
            "base": ["a": 1, "b": ["c": 2]], "again": ["a": 1, "b": ["c": 2]], "over": ["a": 3, "b": ["c": 2]],
            "under": ["a": 1, "b": ["c": 2]], "several": ["a": 1, "b": ["c": 2], "d": 5], "redefined": [1, 1, 2, 2],
        ]
        #expect(try Self.values(text) == [expected])
    }

    @Test("Every key and value has its line and column")
    func positions() throws {
        let text = """
            # a comment
            apiVersion: v1
            spec:
              ünï: [1,  two]
              list:
                - name: x
                -   - y
              7: {k: "v"}
              empty:
              alias: *none
            """
        let document = try #require(
            try YAMLDocuments.parse(text.replacing("*none", with: "&a {b: 1}\n  copy: *a"), file: "f.yaml").first
        )
        let expected: [(String, String, String)] = [
            ("", "2:1", "2:1"), ("/apiVersion", "2:1", "2:13"), ("/spec", "3:1", "4:3"), ("/spec/ünï", "4:3", "4:8"),
            ("/spec/ünï/0", "4:9", "4:9"), ("/spec/ünï/1", "4:13", "4:13"), ("/spec/list/0/name", "6:7", "6:13"),
            ("/spec/list/1/0", "7:11", "7:11"), ("/spec/7", "8:3", "8:6"), ("/spec/7/k", "8:7", "8:10"),
            ("/spec/empty", "9:3", "9:9"), ("/spec/alias/b", "10:14", "10:17"), ("/spec/copy", "11:3", "11:9"),
            ("/spec/copy/b", "10:14", "10:17"),
        ]
        for (text, key, value) in expected {
            let pointer = try JSONPointer(parsing: text)
            #expect(document.keyPosition(of: pointer)?.description == key, "the key of '\(text)'")
            #expect(document.position(of: pointer)?.description == value, "'\(text)'")
        }
        for text in ["/none", "/spec/list/2", "/apiVersion/0", "/spec/list/name"] {
            #expect(document.position(of: try JSONPointer(parsing: text)) == nil)
        }
        #expect(document.file == "f.yaml")
    }

    @Test("The positions of a merged member are those of its source")
    func mergedPositions() throws {
        let text = "x: &x {a: 1}\np: {b: 2, <<: *x}\nz: {<<: *x, a: 2}\n"
        let document = try #require(try YAMLDocuments.parse(text, file: "f").first)
        #expect(document.position(of: try JSONPointer(parsing: "/p/a"))?.description == "1:11")
        #expect(document.position(of: try JSONPointer(parsing: "/p/b"))?.description == "2:8")
        #expect(document.position(of: try JSONPointer(parsing: "/z/a"))?.description == "3:16")
    }
}

@Suite("YAML errors")
struct YAMLErrorTests {
    @Test(
        "A broken text is refused with its place and a remedy",
        arguments: [
            ("a:\n\t- 1\n", "2:1", "spaces instead of tabs"), ("a: b: c\n", "1:5", "indentation"),
            ("a: 1\n b: 2\n", "2:3", "indentation"), ("a: [1, 2\nb: 3\n", "2:", "]"),
            ("a: \"x\n", "", "Close the quotes"),
            ("a: *b\n", "1:4", "'b'"), ("a: &a [*a]\n", "1:8", "inside its own anchor"),
            ("a: @b\n", "1:4", "in quotes"),
            ("a: 1\nb: 2\na: 3\n", "3:1", "first at 1:1"), ("x:\n  yes: 1\n  'true': 2\n", "3:3", "first at 2:3"),
            ("x: {1: a, 0x1: b}\n", "1:11", "first at 1:5"), ("? [a]\n: 1\n", "1:3", "an array"),
            ("{{ a }}: 1\n", "1:2", "quotes"),
            ("~: 1\n", "1:1", "null"), ("18446744073709551615: 1\n", "1:1", "in quotes"),
            ("a: .inf\n", "1:4", "'.inf'"),
            ("a:\n- -.INF\n", "2:3", "'-.inf'"), (".nan\n", "1:1", "'.nan'"),
            ("a: &x .nan\nb: [*x]\n", "1:4", "'.nan'"),
            ("a: !!int x\n", "1:4", "'!!int'"), ("a: !!bool 1\n", "1:4", "'!!bool'"),
            ("a: !!null x\n", "1:4", "'!!null'"),
            ("a: !!float 2001-01-01\n", "1:4", "'!!float'"), ("a: !!timestamp 2001-02-30\n", "1:4", "no date"),
            ("a: !!binary x\n", "1:4", "Base64"), ("a: !!binary gICA\n", "1:4", "Base64"),
            ("a: !e!x 1\n", "1:4", "%TAG"),
            ("<<: 1\n", "1:5", "'<<'"), ("x: &x [{a: 1}]\ny: {<<: *x}\n", "2:9", "'<<'"), ("<<: [1]\n", "1:6", "'<<'"),
            ("a: 1\nb: \u{1}\n", "2:4", "escape"), ("a: 'é\u{7}'\n", "1:6", "escape"), ("- a\nb: 1\n", "2:1", "'-'"),
            ("{\"a\": 1,, }", "1:9", ""),
            ("a: !!float 18446744073709551615\n", "1:4", "'!!float'"),
        ]
    )
    func refused(text: String, position: String, part: String) throws {
        let error = try #require(throws: YAMLError.self) { try YAMLDocuments.parse(text, file: "dir/f.yaml") }
        #expect(error.description.hasPrefix("dir/f.yaml:\(position)"), "\(error)")
        #expect(error.problem.contains(part), "\(error)")
        #expect(error.problem.hasSuffix("."))
    }

    @Test("An anchor of one document is unknown in the next")
    func anchorsEndWithTheirDocument() throws {
        let error = try #require(throws: YAMLError.self) { try YAMLDocuments.parse("a: &x 1\n---\nb: *x\n", file: "f") }
        #expect(error.description.hasPrefix("f:3:4: Could not follow the alias 'x'"))
    }

    @Test("A value that may be secret is not quoted in an error")
    func valuesStayOut() throws {
        for text in ["a: !!int hunter2\n", "a: 1\npassword: hunter2: x\n", "a: \"hunter2\n", "password: @hunter2\n"] {
            let error = try #require(throws: YAMLError.self) { try YAMLDocuments.parse(text, file: "f") }
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test("An alias bomb is refused before it grows")
    func aliasBomb() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let error = try #require(throws: YAMLError.self) { try YAMLDocuments.parse(text, file: "f") }
        #expect(error.problem.contains("aliases"))

        var merges = "m0: &m0 {k: [1, 2, 3, 4]}\n"
        for level in 1...20 {
            let aliases = Array(repeating: "*m\(level - 1)", count: 4).joined(separator: ", ")
            merges += "m\(level): &m\(level) {<<: [\(aliases)]}\n"
        }
        #expect(throws: YAMLError.self) { try YAMLDocuments.parse(merges, file: "f") }
    }

    @Test("Nesting is bounded, also by way of aliases, so a depth bomb does not exhaust the stack")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try YAMLDocuments.parse(nested(128), file: "f") }
        for text in [nested(129), nested(100_000), String(repeating: "{a: ", count: 500)] {
            #expect(throws: YAMLError.self) { try YAMLDocuments.parse(text, file: "f") }
        }
        let chain = (1...200).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
        let error = try #require(throws: YAMLError.self) { try YAMLDocuments.parse("a0: &a0 []\n" + chain, file: "f") }
        #expect(error.problem.contains("128 deep"))
    }

    @Test("Size, values and documents are bounded")
    func limits() {
        let text = "a: [1, 2]\n---\nb: 1\n"
        let generous = YAMLLimits(maximumBytes: 19, maximumDepth: 2, maximumNodes: 5, maximumDocuments: 2)
        #expect(throws: Never.self) { try YAMLDocuments.parse(text, file: "f", limits: generous) }
        for path in [\YAMLLimits.maximumBytes, \.maximumDepth, \.maximumNodes, \.maximumDocuments] {
            var limits = generous
            limits[keyPath: path] -= 1
            #expect(throws: YAMLError.self) { try YAMLDocuments.parse(text, file: "f", limits: limits) }
        }
    }

    @Test("Every prefix of a text, and every damaged byte, is read or refused and never traps")
    func damage() {
        let text = "a: &x [1, 'b', \"c\\n\"]\nd:\n  - {e: *x, <<: {f: 1}}\n  - !!str 2\n--- |\n  text\n"
        let bytes = Array(text.utf8)
        var refused = 0
        for position in bytes.indices {
            for byte in Array("\0\t\n :-[{}]*&!|>'\"%@`#,?x1\u{7F}".utf8) {
                var damaged = bytes
                damaged[position] = byte
                do throws(YAMLError) {
                    _ = try YAMLDocuments.parse(String(decoding: damaged, as: UTF8.self), file: "f")
                } catch {
                    refused += 1
                    #expect(error.line >= 1 && error.column >= 1)
                }
            }
        }
        #expect(refused > 100)
    }
}
