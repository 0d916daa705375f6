// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesClient
import NIOConcurrencyHelpers

/// Files that a test writes and removes.
final class ScriptedFiles: Sendable {
    private struct State {
        var contents: [String: String] = [:]
        var readings: [String] = []
    }
    private let state: NIOLockedValueBox<State>

    init(_ contents: [String: String] = [:]) { state = NIOLockedValueBox(State(contents: contents)) }

    /// The content of a file; `nil` for none.
    subscript(path: String) -> String? {
        get { state.withLockedValue { $0.contents[path] } }
        set { state.withLockedValue { $0.contents[path] = newValue } }
    }

    /// The paths that were read, in order.
    var readings: [String] { state.withLockedValue { $0.readings } }

    var reader: FileReader {
        FileReader { path throws(FileReadingError) in
            let content = self.state.withLockedValue { state in
                state.readings.append(path)
                return state.contents[path]
            }
            guard let content else {
                throw FileReadingError(path: path, reason: "there is no such file", isMissing: true)
            }
            return Array(content.utf8)
        }
    }
}
