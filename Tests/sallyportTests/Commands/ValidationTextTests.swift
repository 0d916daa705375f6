// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import MCPServerOperator
import Testing

@testable import sallyport

@Suite("Validation text")
struct ValidationTextTests {
    private let problem = ManifestProblem(
        file: "a.yaml",
        line: 9,
        column: 3,
        kind: "MCPServer",
        namespace: "default",
        name: "todo",
        field: "spec.url",
        reason: "InvalidSpec",
        message: "It is no URL."
    )

    @Test("A problem is one line with its place, object, field, message and reason, and the summary counts")
    func problems() {
        let file = ManifestProblem(file: "b.yaml", reason: "Unreadable", message: "It\nis\u{1B}[2J binary.")
        let report = ValidationReport(objects: 2, problems: [problem, file], notes: ["No configuration."])
        #expect(
            ValidationText(report).text == """
                a.yaml:9:3: MCPServer default/todo: spec.url: It is no URL. (InvalidSpec)
                b.yaml: It\\nis\\u{1b}[2J binary. (Unreadable)
                note: No configuration.
                2 objects, 2 problems in 2 files

                """
        )
    }

    @Test("Without problems the summary says so")
    func noProblems() {
        #expect(ValidationText(ValidationReport(objects: 1, problems: [], notes: [])).text == "1 object, no problems\n")
    }

    @Test("As JSON there are exactly the members that programs rely on")
    func json() {
        let json = ValidationReport(objects: 1, problems: [problem], notes: ["n"]).json
        #expect(
            json == [
                "objects": 1,
                "problems": [
                    [
                        "file": "a.yaml", "line": 9, "column": 3, "kind": "MCPServer", "namespace": "default",
                        "name": "todo", "field": "spec.url", "reason": "InvalidSpec", "message": "It is no URL.",
                    ]
                ],
            ]
        )
    }
}
