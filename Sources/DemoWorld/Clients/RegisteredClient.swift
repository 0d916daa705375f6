// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
package import JSON

/// A client as a server has registered it.
package struct RegisteredClient: Sendable {
    /// A way to authenticate, under its [registered name](https://www.rfc-editor.org/rfc/rfc7591#section-2).
    package enum Method: String, Hashable, Sendable, CaseIterable {
        case clientSecretBasic = "client_secret_basic"
        case clientSecretPost = "client_secret_post"
        case privateKeyJWT = "private_key_jwt"
        case none
    }

    /// A grant, by the name it has in requests.
    package enum Grant: String, Hashable, Sendable, CaseIterable {
        case authorizationCode = "authorization_code"
        case refreshToken = "refresh_token"
        case tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
        case jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    }

    /// The member `client_id`.
    package let id: String
    /// For the two methods that need one; `nil` if the client has none.
    package let secret: Redacted<String>?
    /// What the client's assertions are checked with; `nil` if it has no key.
    package let key: JWK?
    /// What it may ask for.
    package let grants: Set<Grant>
    /// Where browsers may be sent back to; `nil`: to anywhere on this machine.
    package let redirectURIs: [String]?

    package init(
        id: String,
        secret: Redacted<String>? = nil,
        key: JWK? = nil,
        grants: Set<Grant>,
        redirectURIs: [String]? = nil
    ) {
        self.id = id
        self.secret = secret
        self.key = key
        self.grants = grants
        self.redirectURIs = redirectURIs
    }

    /// Whether it can prove who it is; one that cannot only says so.
    package var isConfidential: Bool { secret != nil || key != nil }
}
