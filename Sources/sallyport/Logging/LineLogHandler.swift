// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Logging

/// Writes each log event as one line.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel: Logger.Level

    private let label: String
    private let format: LogSettings.Format
    private let colours: Bool
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - label: The logger's name.
    ///   - settings: The level to start from, and the format.
    ///   - colours: Whether text may hold escape sequences.
    ///   - write: Takes whole lines, from any thread.
    init(label: String, settings: LogSettings, colours: Bool, write: @escaping @Sendable (String) -> Void) {
        self.label = label
        self.write = write
        self.colours = colours
        format = settings.format
        logLevel = settings.level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { _, new in new } }
        if let own = event.metadata { fields.merge(own) { _, new in new } }
        if let error = event.error { fields["error"] = "\(error)" }
        let entry = LogEntry(
            time: Date(),
            level: event.level,
            label: label,
            message: event.message.description,
            metadata: fields
        )
        switch format {
        case .text: write(entry.text(colours: colours))
        case .json: write(entry.json)
        }
    }
}
