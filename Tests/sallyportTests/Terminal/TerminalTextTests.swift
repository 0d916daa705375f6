// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import Testing

@testable import sallyport

@Suite("Terminal text")
struct TerminalTextTests {
    @Test(
        "The width is that of the terminal's columns",
        arguments: [
            ("", 0), ("abc", 3), ("für", 3), ("日本", 4), ("e\u{301}", 1), ("🚀", 2), ("한", 2), ("ｆ", 2), ("❤️", 2),
            ("\u{200D}", 0),
        ]
    )
    func widths(text: String, width: Int) {
        #expect(TerminalText.width(text) == width)
    }

    @Test("Text is cut between characters, wide ones too, and padded to its columns")
    func fits() {
        #expect(TerminalText.fitted("abc", to: 5) == "abc  ")
        #expect(TerminalText.fitted("abcdef", to: 4) == "abc…")
        #expect(TerminalText.fitted("日本語", to: 4) == "日… ")
        #expect(TerminalText.shortened("abc", to: 3) == "abc")
        #expect(TerminalText.shortened("abc", to: 0) == "")
    }

    @Test("Text is wrapped at spaces")
    func wraps() {
        #expect(TerminalText.wrapped("one two three", to: 8) == ["one two", "three"])
        #expect(TerminalText.wrapped("incomprehensibilities ok", to: 8) == ["incomprehensibilities", "ok"])
        #expect(TerminalText.wrapped("", to: 8) == [])
    }

    @Test("The size is read from the system's tool, and nonsense is not")
    func sizes() {
        #expect(TerminalSize(sttyOutput: "24 80\n") == TerminalSize(columns: 80, lines: 24))
        for nonsense in ["", "0 0\n", "stty: error\n", "24\n", "24 5\n"] {
            #expect(TerminalSize(sttyOutput: nonsense) == nil)
        }
    }

    @Test("Lines that are printed while a picture stands appear above it")
    func console() {
        let written = NIOLockedValueBox("")
        let write: @Sendable (String) -> Void = { text in written.withLockedValue { $0 += text } }
        let console = Console(
            isTerminal: true,
            errorsAreTerminal: true,
            environment: [:],
            writeOutput: write,
            writeErrors: write
        )
        console.draw(["one", "two"])
        console.printError("log\n")
        console.draw(["three"])
        #expect(
            written.withLockedValue { $0 }
                == "one\ntwo\n\u{1B}[2A\u{1B}[Jlog\none\ntwo\n\u{1B}[2A\u{1B}[Jthree\n"
        )
    }

    @Test(
        "Colours are only on a terminal, and not when they are refused",
        arguments: [
            (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
            (true, ["TERM": "dumb"], false),
        ] as [(Bool, [String: String], Bool)]
    )
    func colours(isTerminal: Bool, environment: [String: String], expected: Bool) {
        let console = Console(
            isTerminal: isTerminal,
            errorsAreTerminal: isTerminal,
            environment: environment,
            writeOutput: { _ in },
            writeErrors: { _ in }
        )
        #expect(console.colours == expected)
        #expect(console.errorColours == expected)
    }
}
