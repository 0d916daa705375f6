// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI

/// Posts events only as long as this replica is the one that writes.
///
/// Asked at the last moment, because an event may have waited in a backlog since the replica was that.
struct GatedEventSink: EventSink {
    let sink: any EventSink
    let mayWrite: @Sendable () -> Bool

    /// - Throws: `CancellationError` if the event is not to be posted any more.
    func post(_ event: Event) async throws {
        guard mayWrite() else { throw CancellationError() }
        try await sink.post(event)
    }

    /// - Throws: `CancellationError` if the series is not to be told of any more.
    func updateSeries(of event: Event) async throws {
        guard mayWrite() else { throw CancellationError() }
        try await sink.updateSeries(of: event)
    }
}
