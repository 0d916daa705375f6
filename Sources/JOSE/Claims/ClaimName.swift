// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The claims that are known here, under their [registered names](https://www.iana.org/assignments/jwt/jwt.xhtml).
package enum ClaimName: String, Hashable, Sendable, CaseIterable {
    case issuer = "iss"
    case subject = "sub"
    case audience = "aud"
    case expiry = "exp"
    case notBefore = "nbf"
    case issuedAt = "iat"
    case identifier = "jti"
    case authorizedParty = "azp"
    case sessionID = "sid"
    case authenticationTime = "auth_time"
    case authenticationContext = "acr"
    case authenticationMethods = "amr"
    case nonce
    case clientID = "client_id"
    case resource
    case scope
    case tenant
    /// Marks a logout token and other security events.
    case events
    case confirmation = "cnf"
    case actor = "act"
}
