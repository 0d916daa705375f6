// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A request that got no usable response.
///
/// Never holds a header value, a body or a URL's query, so it is safe to log.
package struct HTTPTransportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong; a closed set, so it is also the `error.type` metric label.
    package enum Code: String, Sendable, CaseIterable {
        /// The URL, a header or a body cannot be sent as it is. Nothing was sent.
        case invalidRequest = "invalid_request"
        /// The name did not resolve.
        case nameResolution = "name_resolution"
        /// No connection: refused, unreachable, or the proxy refused. Nothing was sent.
        case connectionFailed = "connection_failed"
        /// The egress rules forbid the address that the name resolved to. Nothing was sent.
        case addressForbidden = "address_forbidden"
        /// The TLS handshake failed: certificate, name or protocol. Nothing was sent.
        case tls
        /// The connection broke after the request may have been received.
        case connectionLost = "connection_lost"
        /// A deadline passed; ``HTTPTransportError/message`` says which one.
        case timedOut = "timed_out"
        /// The body is larger than the caller accepts.
        case bodyTooLarge = "body_too_large"
        /// The answer is not HTTP, or its framing or encoding is broken.
        case invalidResponse = "invalid_response"
        /// The client is shut down.
        case shutDown = "shut_down"
    }

    /// The kind of failure, to decide by.
    package var code: Code
    /// What was attempted, what was found, and what to check.
    package var message: String
    /// Whether the peer may have received the request, so that sending it again could repeat its effect.
    package var mayHaveBeenSent: Bool

    package init(_ code: Code, _ message: String, mayHaveBeenSent: Bool = false) {
        self.code = code
        self.message = message
        self.mayHaveBeenSent = mayHaveBeenSent
    }

    package var description: String { message }
}
