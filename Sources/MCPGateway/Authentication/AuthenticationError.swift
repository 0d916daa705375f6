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

    /// The value of `WWW-Authenticate`: [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3) with the
    /// `resource_metadata` of [RFC 9728 §5.1](https://www.rfc-editor.org/rfc/rfc9728#section-5.1).
    ///
    /// - Parameter resourceMetadata: The URL of the resource's metadata, without quotation marks in it.
    /// - Returns: `nil` for an error that is not about the caller and must not be answered with 401.
    package func challenge(resourceMetadata: String) -> String? {
        switch code {
        case .providerUnavailable: nil
        // A request without a token gets no error code (RFC 6750 §3.1).
        case .missing: "Bearer resource_metadata=\"\(resourceMetadata)\""
        default:
            "Bearer error=\"invalid_token\", error_description=\"\(Self.quotable(message))\", "
                + "resource_metadata=\"\(resourceMetadata)\""
        }
    }

    /// What may stand in `error_description`.
    private static func quotable(_ text: String) -> String {
        String(text.unicodeScalars.filter { (0x20...0x7E).contains($0.value) && $0 != "\"" && $0 != "\\" })
    }
}
