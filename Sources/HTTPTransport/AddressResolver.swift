// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Finds the addresses behind a name.
///
/// For whoever has to reach all of them; a client that needs just one leaves that to its transport.
package protocol AddressResolver: Sendable {
    /// All addresses of a host, in no particular order and without repetition; never none.
    ///
    /// - Throws: ``HTTPTransportError``, or `CancellationError`.
    func addresses(of host: String) async throws -> [IPAddress]
}
