// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A request body that is pulled chunk by chunk, as fast as the peer takes it.
package struct RequestBody: Sendable {
    /// The next chunk, or `nil` at the end.
    ///
    /// Called by the transport, never twice at once.
    package let next: @Sendable () async throws -> [UInt8]?

    /// - Parameter next: What it throws ends the request, and is what the sender gets.
    package init(next: @escaping @Sendable () async throws -> [UInt8]?) { self.next = next }
}
