// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Sends HTTP requests.
///
/// The one seam between Sallyport and the network: `Curl` is the real one, tests script their own. A client stands for
/// one set of rules (trust, identity, addresses, version) and one connection pool; requests under other rules use
/// another client, so they can never share a connection.
package protocol HTTPClient: Sendable {
    /// Sends a request and returns once the response head has arrived.
    ///
    /// The body is still on the wire then and is read by pulling ``IncomingResponse/body``. Dropping the response, or
    /// cancelling the task, ends the transfer.
    ///
    /// - Throws: ``HTTPTransportError``, or `CancellationError`.
    func send(_ request: OutgoingRequest) async throws -> IncomingResponse
}

/// Makes a client for a set of rules.
///
/// Whoever needs clients of its own (the Kubernetes client after a CA rotation, say) is given a factory, so that only
/// the composition root names a transport.
package protocol HTTPClientFactory: Sendable {
    /// - Throws: ``HTTPTransportError`` if the trust or the identity cannot be used.
    func makeClient(_ configuration: HTTPClientConfiguration) throws -> any HTTPClient
}
