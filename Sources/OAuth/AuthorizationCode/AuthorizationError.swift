// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// An authorization that brought no code that may be redeemed.
///
/// Its message quotes what the server says, without the state and the code.
package struct AuthorizationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong; a closed set, so it is also the `error.type` metric label.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// The endpoint of the server is no URL that a browser may be sent to.
        case unusableEndpoint = "unusable_endpoint"
        /// What came back is no answer to an authorization request.
        case malformed
        /// The server says that its answers name it, and this one does not.
        case missingIssuer = "missing_issuer"
        /// The answer is another server's.
        case wrongIssuer = "wrong_issuer"
        /// The user, or the policy of the server, said no.
        case denied
        /// The server refused for another reason.
        case refused
    }

    /// What callers tell apart.
    package let code: Code
    /// What could not be done, why, and what to check.
    package let message: String

    package var description: String { message }

    private init(_ code: Code, _ reason: String, advice: String) {
        self.code = code
        message = "Could not obtain the user's consent: \(reason). \(advice)"
    }

    static func unusableEndpoint(_ reason: String) -> AuthorizationError {
        AuthorizationError(
            .unusableEndpoint,
            "the authorization endpoint cannot be used, \(reason)",
            advice: "Check what the authorization server publishes."
        )
    }

    static func malformed(_ reason: String) -> AuthorizationError {
        AuthorizationError(
            .malformed,
            "the authorization server's answer is not usable, \(reason)",
            advice: "Begin again."
        )
    }

    static func missingIssuer(_ issuer: String) -> AuthorizationError {
        AuthorizationError(
            .missingIssuer,
            "the answer does not say that it is one of '\(issuer.prefix(300))', whose metadata promises that",
            advice: "Check the authorization server, or who else sends browsers here."
        )
    }

    static func wrongIssuer(_ issuer: String) -> AuthorizationError {
        AuthorizationError(
            .wrongIssuer,
            "the answer is not one of '\(issuer.prefix(300))', which was asked",
            advice: "Check that the server names itself exactly as its metadata does, or who else sends browsers here."
        )
    }

    static func refused(
        _ error: String,
        _ description: String?,
        by issuer: String,
        hiding secrets: [Redacted<String>]
    ) -> AuthorizationError {
        var reason = "'\(issuer.prefix(300))' refuses with '\(PeerText.quotable(error, hiding: secrets))'"
        if let description, !description.isEmpty {
            reason += " and says '\(PeerText.quotable(description, hiding: secrets))'"
        }
        let isDenied = error == OAuthErrorCode.accessDenied.rawValue
        return AuthorizationError(
            isDenied ? .denied : .refused,
            reason,
            advice: isDenied
                ? "Begin again to consent." : "Check the client and the scopes at the authorization server."
        )
    }
}
