// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// An OAuth client that a gateway authenticates as.
package struct RouteClient: Hashable, Sendable {
    /// How the client proves itself at the token endpoint, in OAuth's registered words.
    package enum Method: String, Hashable, Sendable, CaseIterable {
        case clientSecretBasic = "client_secret_basic"
        case clientSecretPost = "client_secret_post"
        case privateKeyJWT = "private_key_jwt"
        case none
    }

    /// What the client proves itself with.
    package enum Credential: Hashable, Sendable {
        case none
        case secret(Redacted<String>)
        /// A private key as PEM, and the key id to name it by.
        case privateKey(Redacted<String>, keyID: String?)
    }

    /// Which state of which Secret the client was read from, so that a rotation is a new version of the route
    /// although no credential takes part in it.
    package struct Source: Hashable, Sendable {
        /// Of the Secret.
        package var uid: String
        /// Of the Secret; a rotation changes it, and with it the route's version.
        package var resourceVersion: String

        package init(uid: String, resourceVersion: String) {
            self.uid = uid
            self.resourceVersion = resourceVersion
        }
    }

    /// The OAuth client identifier, which is no secret.
    package var id: String
    /// How the client proves who it is.
    package var method: Method
    /// What it proves it with.
    package var credential: Credential
    /// Stands for the credential in the route's version, so that no digest is made of a secret.
    ///
    /// `nil` for a client that was read from the stream, whose version is already known.
    package var source: Source?
    /// The `aud` of the client's assertion; `nil` where the method makes none, or for the issuer.
    package var assertionAudience: String?

    package init(
        id: String,
        method: Method,
        credential: Credential,
        source: Source?,
        assertionAudience: String? = nil
    ) {
        self.id = id
        self.method = method
        self.credential = credential
        self.source = source
        self.assertionAudience = assertionAudience
    }

    /// The client as it stands in a route.
    func json(_ credentials: CredentialForm) -> JSONValue {
        var object = JSONObject()
        object["id"] = .string(id)
        object["method"] = .string(method.rawValue)
        object["assertionAudience"] = assertionAudience.map(JSONValue.string)
        switch (credential, credentials) {
        case (.none, _): break
        case (.secret(let secret), .exposed): object["secret"] = .string(secret.exposed)
        case (.secret, .identified): object["secret"] = source?.json
        case (.secret, .redacted): object["secret"] = "[redacted]"
        case (.privateKey(let key, _), .exposed): object["privateKey"] = .string(key.exposed)
        case (.privateKey, .identified): object["privateKey"] = source?.json
        case (.privateKey, .redacted): object["privateKey"] = "[redacted]"
        }
        if case .privateKey(_, let keyID?) = credential { object["keyID"] = .string(keyID) }
        return .object(object)
    }
}

/// How credentials appear in a route's JSON.
enum CredentialForm {
    /// As they are, for the gateways.
    case exposed
    /// As the uid and version of the Secret they came from, for the route's version.
    case identified
    /// Not at all, for people.
    case redacted
}

extension RouteClient.Source {
    var json: JSONValue { ["uid": .string(uid), "resourceVersion": .string(resourceVersion)] }
}
