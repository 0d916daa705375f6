// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
package import KubernetesAPI
package import KubernetesClient

/// Takes events to the API server, for an ``EventRecorder``.
package protocol EventSink: Sendable {
    /// - Throws: ``APIError``, or `CancellationError`.
    func post(_ event: Event) async throws

    /// Tells of the series of an event that was posted.
    ///
    /// - Throws: ``APIError`` with `notFound` if the server has forgotten the event; else as ``post(_:)``.
    func updateSeries(of event: Event) async throws
}

extension ResourceClient: EventSink where Resource == Event {
    /// Creates the event in its own namespace; what the server answers with is not read.
    package func post(_ event: Event) async throws {
        _ = try await create(event.json, namespace: event.metadata.namespace)
    }

    /// Changes the series and nothing else.
    package func updateSeries(of event: Event) async throws {
        guard let series = event.series else { return }
        _ = try await mergePatch(
            ["series": series.json],
            to: event.metadata.key,
            fieldManager: event.reportingController
        )
    }
}
