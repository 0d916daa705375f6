// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
package import JSON

/// How a client proves to a token endpoint who it is.
package enum ClientAuthentication: Sendable {
    /// In the `Authorization` header.
    case clientSecretBasic(Redacted<String>)
    /// In the form.
    case clientSecretPost(Redacted<String>)
    /// With an assertion signed by the client's key, for `audience`: the issuer, or the token endpoint where a server
    /// wants that. It is sent as it is given.
    case privateKeyJWT(SigningKey, audience: String)
    /// Not at all: a public client, whose id is sent and nothing else.
    case none

    /// The method's [registered name](https://www.rfc-editor.org/rfc/rfc7591#section-2).
    package var name: String {
        switch self {
        case .clientSecretBasic: "client_secret_basic"
        case .clientSecretPost: "client_secret_post"
        case .privateKeyJWT: "private_key_jwt"
        case .none: "none"
        }
    }
}

/// A client as an authorization server knows it.
package struct ClientCredential: Sendable {
    /// `client_id`, which is no secret.
    package let clientID: String
    /// The proof.
    package let authentication: ClientAuthentication

    package init(clientID: String, authentication: ClientAuthentication) {
        self.clientID = clientID
        self.authentication = authentication
    }
}
