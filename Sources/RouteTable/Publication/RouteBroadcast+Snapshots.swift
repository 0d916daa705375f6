// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension RouteBroadcast {
    /// Waits until the table is open and newer than `revision`, for a reader in the same process.
    ///
    /// - Returns: The table then; `nil` if the broadcast was closed.
    /// - Throws: `CancellationError`.
    package func snapshot(after revision: Int64) async throws -> RouteSnapshot? {
        let stop = RouteReaderStop()
        guard var beats = await table(stop: stop)?.beats else {
            try Task.checkCancellation()
            return nil
        }
        while true {
            try Task.checkCancellation()
            switch supply(after: revision, beats: beats, upTo: 1) {
            case .closed: return nil
            case .behind, .changes: return snapshot
            case .beat(let beat): beats = beat
            case .nothing: await wait(after: revision, beats: beats, stop: stop)
            }
        }
    }
}
