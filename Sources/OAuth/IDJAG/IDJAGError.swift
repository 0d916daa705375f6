// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Why an ID-JAG is not sent on.
///
/// It quotes nothing of the token.
package struct IDJAGError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong; a closed set, so it is also the `error.type` metric label.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// It is no signed JWT within the limits.
        case malformed
        /// It is encrypted, and that is not expected.
        case encrypted
        /// Its `typ` is not `oauth-id-jag+jwt`: it may be an access token or an ID token.
        case wrongType = "wrong_type"
        /// A claim that every ID-JAG has is missing or of the wrong type.
        case invalidClaim = "invalid_claim"
        /// It was issued by another provider than the one that was asked.
        case wrongIssuer = "wrong_issuer"
        /// It is for another authorization server, or for several.
        case wrongAudience = "wrong_audience"
        /// It is for another client than the one that will present it.
        case wrongClient = "wrong_client"
        /// It is for another resource, or for none although one is needed.
        case wrongResource = "wrong_resource"
        /// It has expired, or is about to.
        case expired
    }

    /// What callers tell apart.
    package let code: Code
    /// What could not be done, why, and what to check.
    package let message: String

    package var description: String { message }

    init(_ code: Code, _ reason: String, advice: String) {
        self.code = code
        message = "Could not use the ID-JAG from the identity provider: \(reason). \(advice)"
    }
}
