// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Something that must have read its first state before reconciles make sense; every ``Store`` is one.
package protocol SyncedSource: Sendable {
    /// - Throws: ``StoreSyncError`` after `timeout`, or `CancellationError`.
    func waitUntilSynced(timeout: Duration?, clock: any Clock<Duration>) async throws
}

extension Store: SyncedSource {}
