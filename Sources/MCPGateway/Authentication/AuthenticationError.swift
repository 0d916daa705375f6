// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE

/// A caller who was not let in, or cannot be told apart from a stranger now.
///
/// It quotes nothing of the token.
package struct AuthenticationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong; a closed set, so it is also the `error.type` metric label.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// There is no token.
        case missing
        /// It is no token that could be an ID token.
        case malformed
        /// No configured provider issued it.
        case unknownIssuer = "unknown_issuer"
        /// It was issued for somebody else.
        case wrongAudience = "wrong_audience"
        /// Its signature is not that of its provider.
        case badSignature = "bad_signature"
        /// It has ended.
        case expired
        /// Something else about it is not as it must be.
        case unacceptable
        /// Whether it is good cannot be found out now, as its provider's keys are out of reach.
        ///
        /// It says nothing about the caller, who is not to be asked to sign in again.
        case providerUnavailable = "provider_unavailable"
    }

    /// What callers tell apart.
    package let code: Code
    /// What could not be done, why, and what to check.
    package let message: String
    /// When to come again, for ``Code/providerUnavailable``.
    package let retryAfter: Duration?

    package var description: String { message }

    init(_ code: Code, _ reason: String, advice: String, retryAfter: Duration? = nil) {
        self.code = code
        self.retryAfter = retryAfter
        message = "Could not authenticate the caller: \(reason). \(advice)"
    }

    /// Tells what a token was refused for.
    init(_ error: TokenError) {
        let code: Code =
            switch error.code {
            case .tooLarge, .malformed, .encrypted, .unsupportedHeader: .malformed
            case .badSignature, .unknownKey, .unsuitableKey, .ambiguousKey, .unsupportedAlgorithm: .badSignature
            case .wrongAudience: .wrongAudience
            case .wrongIssuer: .unknownIssuer
            case .expired: .expired
            default: .unacceptable
            }
        self.code = code
        retryAfter = nil
        message = error.description
    }

    static let missing = AuthenticationError(
        .missing,
        "the request has no bearer token",
        advice: "Sign in, and send the ID token in the Authorization header."
    )

    /// An `Authorization` field that holds no bearer token.
    ///
    /// - Parameter problem: A full sentence.
    /// - Returns: The error that callers get.
    static func unreadable(_ problem: String) -> AuthenticationError {
        AuthenticationError(.malformed, "the request's credentials cannot be read", advice: problem)
    }

    static let unknownIssuer = AuthenticationError(
        .unknownIssuer,
        "no configured identity provider issued the token",
        advice: "Sign in at one that this gateway accepts."
    )

    static func providerUnavailable(_ issuer: String, _ retryAfter: Duration) -> AuthenticationError {
        AuthenticationError(
            .providerUnavailable,
            "the keys of '\(issuer)' are out of reach",
            advice: "Try again later, and check that the gateway reaches the provider.",
            retryAfter: retryAfter
        )
    }
}
