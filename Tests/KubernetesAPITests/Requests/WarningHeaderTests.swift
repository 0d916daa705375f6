// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import KubernetesAPI
import Testing

@Suite("Warning headers")
struct WarningHeaderTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var values: [String]
        var texts: [String]
    }

    @Test(
        "T59: Every warning with code 299 is found, and nothing else",
        arguments: [
            Case(testDescription: "one", values: [#"299 - "old version""#], texts: ["old version"]),
            Case(
                testDescription: "two in one line, with escapes and a comma",
                values: [#"299 - "say \"hi\", all", 299 - "back\\slash""#],
                texts: [#"say "hi", all"#, #"back\slash"#]
            ),
            Case(testDescription: "two headers", values: [#"299 - "a""#, #"299 - "b""#], texts: ["a", "b"]),
            Case(
                testDescription: "a date follows",
                values: [#"299 host:80 "a" "Wed, 21 Oct 2026 07:28:00 GMT", 299 - "b""#],
                texts: ["a", "b"]
            ),
            Case(testDescription: "another code", values: [#"199 - "a", 299 - "b""#], texts: ["b"]),
            Case(testDescription: "cut short", values: [#"299 - "a", 299 - "b"#, "299", "299 -", "\\"], texts: ["a"]),
            Case(testDescription: "empty", values: ["", ",,"], texts: []),
        ]
    )
    func parsing(given: Case) {
        var headers = HTTPHeaders()
        for value in given.values { headers.add(name: "Warning", value: value) }
        #expect(WarningHeader.texts(in: headers) == given.texts)
    }
}
