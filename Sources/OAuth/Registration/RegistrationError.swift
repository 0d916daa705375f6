// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A client that could not be registered.
///
/// Its message quotes what the server says, cut and on one line, so it is for records and not for callers.
package struct RegistrationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong; a closed set, so it is also the `error.type` metric label.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// The server does not register this client.
        case refused = "registration_refused"
        /// The server is overloaded or broken: 429 or 5xx.
        case unavailable
        /// No answer came.
        case unreachable
        /// The answer is no registration that can be used.
        case malformed
        /// The endpoint is no URL that may be asked for secrets.
        case insecureEndpoint = "insecure_endpoint"
    }

    /// What callers tell apart.
    package let code: Code
    /// How long the server wants to be left alone.
    package let retryAfter: Duration?
    /// What could not be done, why, and what to check.
    package let message: String

    package var description: String { message }

    /// Whether it may pass by itself.
    package var isTransient: Bool { code == .unavailable || code == .unreachable }

    init(_ code: Code, _ reason: String, advice: String, retryAfter: Duration? = nil) {
        self.code = code
        self.retryAfter = retryAfter
        message = "Could not register a client: \(reason). \(advice)"
    }
}
