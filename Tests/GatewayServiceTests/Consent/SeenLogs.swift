// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOConcurrencyHelpers

/// Keeps all log lines, metadata included.
final class SeenLogs: Sendable {
    private let all = NIOLockedValueBox<[String]>([])

    var text: String { all.withLockedValue { $0.joined(separator: "\n") } }

    var logger: Logger { Logger(label: "test") { _ in Handler(logs: self) } }

    private struct Handler: LogHandler {
        let logs: SeenLogs
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let line = "\(event.level) \(event.message) \(metadata) \(event.metadata ?? [:])"
            logs.all.withLockedValue { $0.append(line) }
        }
    }
}
