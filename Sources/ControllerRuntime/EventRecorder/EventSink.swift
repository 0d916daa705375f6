// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
package import KubernetesClient

/// Takes events to the API server, for an ``EventRecorder``.
package protocol EventSink: Sendable {
    /// - Throws: ``APIError``, or `CancellationError`.
    func post(_ event: Event) async throws
}

extension ResourceClient: EventSink where Resource == Event {
    /// Creates the event in its own namespace; what the server answers with is not read.
    package func post(_ event: Event) async throws {
        _ = try await create(event.json, namespace: event.metadata.namespace)
    }
}
