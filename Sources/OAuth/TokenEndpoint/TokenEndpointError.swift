// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A token request that brought no token.
///
/// Its message quotes what the server says, without anything in it that was sent as a secret or looks like a token, so it
/// is safe to log.
package struct TokenEndpointError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong; a closed set, so it is also the `error.type` metric label.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// The server refused, and said why: ``TokenEndpointError/oauthError``.
        case refused
        /// The server refused with a code that is not known here.
        case refusedOtherwise = "refused_otherwise"
        /// The server is overloaded or broken: 429 or 5xx.
        case unavailable
        /// No answer came, and the request was not sent.
        case unreachable
        /// No answer came, and the request may have been carried out: a grant in it must count as used.
        case answerLost = "answer_lost"
        /// The answer is no token response: not JSON, too large, a redirect, a missing or a wrong member.
        case malformed
        /// The answer is a token response, but not what was asked for: another type of token, or for another resource.
        case unexpectedToken = "unexpected_token"
        /// The client's own credential cannot be used.
        case cannotAuthenticate = "cannot_authenticate"
        /// The endpoint is no URL that secrets may be sent to.
        case insecureEndpoint = "insecure_endpoint"
    }

    /// What callers tell apart.
    package let code: Code
    /// Why the server refused, if it said so in a known word.
    package let oauthError: OAuthErrorCode?
    /// The HTTP status, if an answer came.
    package let status: Int?
    /// How long the server asks to wait, at most ``longestWait``.
    package let retryAfter: Duration?
    /// How old the sign-in may be at most, for a step-up.
    package let maximumAge: Duration?
    /// What the sign-in must amount to, for a step-up.
    package let authenticationContexts: [String]
    /// What could not be done, why, and what to check.
    package let message: String

    /// No server may keep us waiting for longer.
    package static let longestWait = Duration.seconds(300)

    package var description: String { message }

    init(
        _ code: Code,
        _ reason: String,
        advice: String,
        oauthError: OAuthErrorCode? = nil,
        status: Int? = nil,
        retryAfter: Duration? = nil,
        maximumAge: Duration? = nil,
        authenticationContexts: [String] = []
    ) {
        self.code = code
        self.oauthError = oauthError
        self.status = status
        self.retryAfter = retryAfter
        self.maximumAge = maximumAge
        self.authenticationContexts = authenticationContexts
        message = "Could not obtain a token: \(reason). \(advice)"
    }

    static func malformed(_ reason: String, status: Int) -> TokenEndpointError {
        TokenEndpointError(
            .malformed,
            "the token endpoint's answer with status \(status) is not usable: \(reason)",
            advice: "Check that the URL is that of a token endpoint.",
            status: status
        )
    }

    static func unexpected(_ reason: String) -> TokenEndpointError {
        TokenEndpointError(
            .unexpectedToken,
            "the token endpoint answered with \(reason)",
            advice: "Check the authorization server's configuration.",
            status: 200
        )
    }
}
