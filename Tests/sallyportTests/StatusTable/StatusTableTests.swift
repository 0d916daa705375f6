// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import MCPServerOperator
import Testing

@testable import sallyport

@Suite("Status table")
struct StatusTableTests {
    private static let ready = StatusRow(
        namespace: "team-a",
        name: "todo",
        url: "https://mcp.todo.example/mcp",
        authMode: "enterpriseIdP",
        ready: .yes,
        reason: "Ready",
        programmed: .yes,
        age: .seconds(90),
        message: "",
        remedy: ""
    )
    private static let broken = StatusRow(
        namespace: "team-b",
        name: "書類",
        url: "https://files.example/mcp",
        authMode: "none",
        ready: .no,
        reason: "SecretNotFound",
        programmed: .no,
        age: .seconds(7_300),
        message: "Could not find Secret 'team-b/files'.",
        remedy: "Create the Secret."
    )
    private static let noYAML = ManifestProblem(
        file: "a.yaml",
        line: 3,
        column: 1,
        reason: "InvalidYAML",
        message: "It is no YAML."
    )
    private let picture = StatusPicture(rows: [ready, broken], problems: [Self.noYAML])

    @Test("Columns line up, wide characters included, and what is wrong stands below with its remedy")
    func golden() {
        let lines = StatusTable(width: 120, colours: false).lines(picture)
        #expect(
            lines.joined(separator: "\n") == """
                NAMESPACE  NAME  URL                           AUTH           READY  REASON          PROGRAMMED  AGE
                team-a     todo  https://mcp.todo.example/mcp  enterpriseIdP  True   Ready           True        90s
                team-b     書類  https://files.example/mcp     none           False  SecretNotFound  False       121m

                team-b/書類: SecretNotFound
                  Could not find Secret 'team-b/files'.
                  → Create the Secret.

                Files with problems:
                  a.yaml:3:1: InvalidYAML: It is no YAML.

                1 of 2 ready, 1 file problem
                """
        )
    }

    @Test("No line is wider than the terminal, whatever the names are", arguments: [40, 80, 120])
    func fitsWidth(width: Int) {
        var row = Self.broken
        row.name = String(repeating: "名前-", count: 60)
        row.url = "https://" + String(repeating: "x", count: 500)
        row.message = String(repeating: "word ", count: 100) + String(repeating: "y", count: 300)
        let lines = StatusTable(width: max(width, 78), colours: false)
            .lines(
                StatusPicture(
                    rows: [Self.ready, row],
                    problems: [ManifestProblem(file: row.url, reason: row.message, message: row.message)]
                )
            )
        #expect(lines.allSatisfy { TerminalText.width($0) <= max(width, 78) })
    }

    @Test("The widest column gives way first")
    func cutsWidestColumn() {
        let header = StatusTable(width: 95, colours: false).table([Self.ready, Self.broken])
        #expect(header[1].contains("https://mcp.todo.exam…"))
        #expect(header[2].contains("SecretNotFound"))
    }

    @Test("Names from resources cannot act on the terminal")
    func escapesNames() {
        var row = Self.broken
        row.url = "https://x/\u{1B}[2J"
        row.message = "m\u{1B}]0;t\u{07}"
        let text = StatusTable(width: 200, colours: false).lines(
            StatusPicture(rows: [row], problems: [ManifestProblem(file: "p\u{1B}", reason: "", message: "")])
        )
        .joined()
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test("Colours surround cells and do not move columns")
    func colours() {
        let plain = StatusTable(width: 120, colours: false).table([Self.ready, Self.broken])
        let coloured = StatusTable(width: 120, colours: true).table([Self.ready, Self.broken])
        #expect(coloured != plain)
        #expect(coloured.map { $0.replacing(/\u{1B}\[[0-9]*m/, with: "") } == plain)
    }

    @Test("A table taller than the terminal is cut with a note, and keeps its summary")
    func cutsHeight() {
        let lines = StatusTable(width: 120, colours: false).lines(picture, atMost: 6)
        #expect(lines.count == 6)
        #expect(lines[4].hasPrefix("… 7 more lines"))
        #expect(lines[5] == "1 of 2 ready, 1 file problem")
    }

    @Test("Without servers it says so")
    func empty() {
        #expect(
            StatusTable(width: 80, colours: false).lines(StatusPicture(rows: [], problems: []))
                == ["No MCPServer found.", "", "0 of 0 ready"]
        )
    }

    @Test("Where nothing can be redrawn, each change is printed once, and age is no change")
    func changes() {
        var changes = StatusChanges()
        let table = StatusTable(width: 120, colours: false)
        let first = changes.lines(for: picture, table: table)
        #expect(first.count == 5)
        #expect(first[3] == "  team-b/書類: Could not find Secret 'team-b/files'. → Create the Secret.")
        var older = picture
        older.rows[0].age = .seconds(500)
        #expect(changes.lines(for: older, table: table) == [])
        var fixed = Self.broken
        fixed.ready = .yes
        fixed.reason = "Ready"
        let second = changes.lines(for: StatusPicture(rows: [fixed], problems: []), table: table)
        #expect(second.count == 3)
        #expect(second[0].contains("team-b"))
        #expect(second[1] == "team-a/todo: withdrawn")
        #expect(second[2] == "solved: a.yaml:3:1: InvalidYAML: It is no YAML.")
    }

    @Test(
        "Ages are short",
        arguments: [(0, "0s"), (119, "119s"), (120, "2m"), (150, "2m30s"), (3_600, "60m"), (90_000, "25h"), (-5, "0s")]
    )
    func ages(seconds: Int, text: String) {
        #expect(AgeText.format(.seconds(seconds)) == text)
    }

    @Test("All are ready only when no file has a problem either")
    func allReady() {
        #expect(StatusPicture(rows: [Self.ready], problems: []).isAllReady)
        #expect(!StatusPicture(rows: [Self.ready], problems: [Self.noYAML]).isAllReady)
        #expect(!picture.isAllReady)
        #expect(picture.json["servers"]?[1]?["remedy"] == "Create the Secret.")
    }
}
