// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A kind of token under its [registered name](https://www.rfc-editor.org/rfc/rfc8693#section-3).
package struct TokenType: Hashable, Sendable, RawRepresentable {
    /// The URN.
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    /// A token that opens resources.
    package static let accessToken = TokenType(rawValue: "urn:ietf:params:oauth:token-type:access_token")
    /// An OpenID Connect ID token.
    package static let idToken = TokenType(rawValue: "urn:ietf:params:oauth:token-type:id_token")
    /// A token that renews others.
    package static let refreshToken = TokenType(rawValue: "urn:ietf:params:oauth:token-type:refresh_token")
    /// A JWT of no particular kind.
    package static let jwt = TokenType(rawValue: "urn:ietf:params:oauth:token-type:jwt")
    /// An identity assertion authorization grant.
    package static let idJAG = TokenType(rawValue: "urn:ietf:params:oauth:token-type:id-jag")
}
