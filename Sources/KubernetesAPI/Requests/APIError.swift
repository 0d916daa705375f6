// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A request the API server refused, or that never reached it.
///
/// Holds the server's own words, which may name objects but never their content.
package struct APIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure this is, from the server's `reason` first, then from the HTTP status.
    package enum Code: String, Sendable, CaseIterable {
        case notFound = "not_found"
        case alreadyExists = "already_exists"
        /// The object changed since it was read, or another field manager owns the field.
        case conflict
        /// 410: the resource version is no longer, or the continue token has expired.
        case expired
        /// 504 with cause `ResourceVersionTooLarge`: the server has not caught up yet.
        case resourceVersionTooLarge = "resource_version_too_large"
        case tooManyRequests = "too_many_requests"
        case timeout
        case invalid
        case badRequest = "bad_request"
        case unauthorized
        case forbidden
        case methodNotSupported = "method_not_supported"
        case notAcceptable = "not_acceptable"
        case unsupportedMediaType = "unsupported_media_type"
        case requestEntityTooLarge = "request_entity_too_large"
        case serviceUnavailable = "service_unavailable"
        case internalError = "internal_error"
        /// An object, or a line of a watch, is larger than this client accepts.
        case responseTooLarge = "response_too_large"
        /// A response that is not what the API promises.
        case unexpectedResponse = "unexpected_response"
        /// No response; ``APIError/transport`` says more.
        case transport
    }

    /// One detail of a `Status`.
    package struct Cause: Hashable, Sendable {
        /// For example `FieldValueInvalid` or `FieldManagerConflict`.
        package var reason: String
        /// The server's own sentence about this detail.
        package var message: String
        /// A field path such as `spec.url`; empty if the detail is not about a field.
        package var field: String

        package init(reason: String, message: String, field: String) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    /// What callers decide by.
    package var code: Code
    /// What was attempted, what the server said, and what to check.
    package var message: String
    /// The HTTP status, or the code of an `ERROR` event; 0 without a response.
    package var status: Int
    /// The server's `reason`, for example `NotFound`.
    package var reason: String
    /// How long the server asked to be left alone; `nil` if it did not say.
    package var retryAfter: Duration?
    /// The details of the server's `Status`, in its order.
    package var causes: [Cause]
    /// Whether the server may have carried the request out although no answer came.
    package var mayHaveBeenApplied: Bool
    /// The raw value of the transport's error code, when there was no response: `connection_failed` and so on.
    package var transport: String?

    package init(
        _ code: Code,
        _ message: String,
        status: Int = 0,
        reason: String = "",
        retryAfter: Duration? = nil,
        causes: [Cause] = [],
        mayHaveBeenApplied: Bool = false,
        transport: String? = nil
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.reason = reason
        self.retryAfter = retryAfter
        self.causes = causes
        self.mayHaveBeenApplied = mayHaveBeenApplied
        self.transport = transport
    }

    package var description: String { message }

    /// Whether the request was refused because its namespace is being deleted.
    package var isNamespaceTerminating: Bool {
        code == .forbidden && causes.contains { $0.reason == "NamespaceTerminating" }
    }
}
