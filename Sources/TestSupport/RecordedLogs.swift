// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import Logging
import NIOConcurrencyHelpers

/// Keeps all log lines, of every level, metadata included.
package final class RecordedLogs: Sendable {
    private let all = NIOLockedValueBox<[String]>([])

    package init() {}

    /// What was logged so far, a line each, level first.
    package var lines: [String] { all.withLockedValue { $0 } }

    /// One whose lines are kept here.
    package func logger() -> Logger { Logger(label: "test") { _ in Handler(logs: self) } }

    private func add(_ line: String) { all.withLockedValue { $0.append(line) } }

    private struct Handler: LogHandler {
        let logs: RecordedLogs
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            logs.add("\(event.level) \(event.message) \(metadata) \(event.metadata ?? [:])")
        }
    }
}
