// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSON
import Logging

/// One log event, ready to be written on one line.
///
/// Whatever a peer put into a value stays on its line and cannot move the cursor: control characters and those that
/// turn the writing direction are escaped, and long values are cut.
struct LogEntry: Sendable {
    /// Longer values are cut to this many characters.
    static let valueLimit = 1_024

    var time: Date
    var level: Logger.Level
    var label: String
    var message: String
    /// Sorted by key.
    var fields: [(key: String, value: String)]

    init(time: Date, level: Logger.Level, label: String, message: String, metadata: Logger.Metadata) {
        self.time = time
        self.level = level
        self.label = label
        self.message = Self.cut(message)
        fields = metadata.map { (key: $0, value: Self.cut($1.description)) }.sorted { $0.key < $1.key }
    }

    private static func cut(_ text: String) -> String {
        guard let end = text.index(text.startIndex, offsetBy: valueLimit, limitedBy: text.endIndex), end < text.endIndex
        else { return text }
        return text[..<end] + "…"
    }

    /// As JSON on one line, with its newline; fields whose names are taken get a trailing `_`.
    var json: String {
        var object: JSONObject = [
            "time": .string(timestamp), "level": .string(level.rawValue), "logger": .string(label),
            "message": .string(message),
        ]
        for field in fields where !object.insertIfAbsent(field.key, .string(field.value)) {
            object[field.key + "_"] = .string(field.value)
        }
        return JSONValue.object(object).serializedText(.compact) + "\n"
    }

    /// As text on one line, with its newline.
    func text(colours: Bool) -> String {
        var line = TerminalStyle.faint.applied(to: timestamp, if: colours)
        line += " \(style.applied(to: levelName, if: colours)) \(TerminalText.escaped(message))"
        for field in fields {
            let key = TerminalStyle.faint.applied(to: TerminalText.escaped(field.key) + "=", if: colours)
            line += " \(key)\(Self.quotedIfNeeded(field.value))"
        }
        return line + "\n"
    }

    private var timestamp: String {
        time.formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted)
        )
    }

    /// Five characters, so that messages line up.
    private var levelName: String {
        switch level {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO "
        case .notice: "NOTE "
        case .warning: "WARN "
        case .error: "ERROR"
        case .critical: "CRIT "
        }
    }

    private var style: TerminalStyle {
        switch level {
        case .trace, .debug: .faint
        case .info, .notice: .plain
        case .warning: .yellow
        case .error, .critical: .red
        }
    }

    private static func quotedIfNeeded(_ value: String) -> String {
        let escaped = TerminalText.escaped(value)
        guard escaped.isEmpty || escaped.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else {
            return escaped
        }
        return "\"\(escaped.replacing("\"", with: "\\\""))\""
    }
}
