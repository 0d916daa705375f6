// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSON
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import sallyport

@Suite("Log lines")
struct LogEntryTests {
    private func entry(_ message: String, _ metadata: Logger.Metadata = [:], level: Logger.Level = .info) -> LogEntry {
        LogEntry(
            time: Date(timeIntervalSince1970: 1_700_000_000.25),
            level: level,
            label: "operator",
            message: message,
            metadata: metadata
        )
    }

    @Test("Text has time, level, message and sorted fields, quoted where they need it")
    func text() {
        let line = entry("Published route", ["mcpserver": "a/b", "detail": "two words", "empty": ""])
            .text(colours: false)
        #expect(
            line == "2023-11-14T22:13:20.250Z INFO  Published route detail=\"two words\" empty=\"\" mcpserver=a/b\n"
        )
    }

    @Test("JSON is one object a line, and a field cannot replace what every line has")
    func json() throws {
        let line = entry("Published", ["level": "forged", "mcpserver": "a/b"], level: .warning).json
        #expect(line.hasSuffix("}\n"))
        let value = try JSONValue(parsing: Array(line.utf8.dropLast()))
        #expect(
            value == [
                "time": "2023-11-14T22:13:20.250Z", "level": "warning", "logger": "operator", "message": "Published",
                "level_": "forged", "mcpserver": "a/b",
            ]
        )
    }

    @Test("What a peer sent cannot end the line, move the cursor or turn the direction")
    func escapes() {
        let line = entry("m", ["peer": "a\nERROR forged\u{1B}[2J\r\u{202E}\u{9B}"]).text(colours: false)
        #expect(line.hasSuffix("peer=\"a\\nERROR forged\\u{1b}[2J\\r\\u{202e}\\u{9b}\"\n"))
        #expect(line.unicodeScalars.count { $0.value < 0x20 } == 1)
        let json = entry("m", ["peer": "a\nb\u{1B}"]).json
        #expect(json.unicodeScalars.count { $0.value < 0x20 } == 1)
    }

    @Test("Long values are cut")
    func cuts() throws {
        let long = String(repeating: "x", count: 100_000)
        #expect(entry(long, ["k": "\(long)"]).text(colours: false).count < 3 * LogEntry.valueLimit)
        let exact = String(repeating: "x", count: LogEntry.valueLimit)
        #expect(entry(exact).message == exact)
    }

    @Test("Colours are there only when asked for")
    func colours() {
        #expect(!entry("m", level: .error).text(colours: false).contains("\u{1B}"))
        #expect(entry("m", level: .error).text(colours: true).contains("\u{1B}[31mERROR\u{1B}[0m"))
    }

    @Test("A logger writes its own fields and the event's, and keeps quiet below its level")
    func handler() {
        let lines = NIOLockedValueBox<[String]>([])
        var logger = Logger(label: "test") { label in
            LineLogHandler(label: label, settings: LogSettings(), colours: false) { line in
                lines.withLockedValue { $0.append(line) }
            }
        }
        logger[metadataKey: "controller"] = "mcpserver"
        logger.debug("hidden")
        logger.notice("shown", metadata: ["controller": "other", "n": "1"])
        let written = lines.withLockedValue { $0 }
        #expect(written.count == 1)
        #expect(written.first?.hasSuffix("NOTE  shown controller=other n=1\n") == true)
    }

    @Test("The environment decides level and format, and a wrong word is refused")
    func settings() throws {
        let settings = try LogSettings(environment: ["SALLYPORT_LOG_LEVEL": "DEBUG", "SALLYPORT_LOG_FORMAT": "json"])
        #expect(settings.level == .debug)
        #expect(settings.format == .json)
        #expect(try LogSettings(environment: ["SALLYPORT_LOG_LEVEL": ""]) == LogSettings())
        #expect(throws: LogSettings.UnknownWord.self) {
            try LogSettings(environment: ["SALLYPORT_LOG_LEVEL": "loud"])
        }
        #expect(throws: LogSettings.UnknownWord.self) {
            try LogSettings(environment: ["SALLYPORT_LOG_FORMAT": "xml"])
        }
    }
}
