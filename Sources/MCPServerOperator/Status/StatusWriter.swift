// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
package import MCPServerAPI

/// Writes the status of an MCPServer where its author can see it.
package protocol StatusWriter: Sendable {
    /// Writes the whole status that Sallyport owns.
    ///
    /// - Returns: The object's version after the write; `nil` if nothing was written, because the object is gone or
    ///   another replica is the one that writes.
    /// - Throws: ``APIError``, or `CancellationError`.
    func write(_ status: MCPServerStatus, to metadata: ObjectMeta) async throws -> ResourceVersion?

    /// Forgets an object that no longer exists.
    func forget(_ key: ObjectKey)
}

/// Records that something happened to an MCPServer.
package protocol EventRecording: Sendable {
    /// Never waits and never fails: an event is advice, and the status has said it already.
    func record(_ transition: TransitionEvent, regarding metadata: ObjectMeta)
}

/// Drops events: where no cluster is, nobody could read them.
package struct NoEvents: EventRecording {
    package init() {}
    package func record(_ transition: TransitionEvent, regarding metadata: ObjectMeta) {}
}
