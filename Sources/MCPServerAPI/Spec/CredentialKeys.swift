// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The keys of a Secret under which a client's credentials are.
package struct CredentialKeys: Hashable, Sendable {
    /// The key of the client's id.
    package var clientID: String
    /// The key of the client's secret.
    package var clientSecret: String
    /// PEM.
    package var privateKey: String
    /// The `kid` of client assertions; always optional.
    package var keyID: String

    package init(clientID: String, clientSecret: String, privateKey: String, keyID: String) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.privateKey = privateKey
        self.keyID = keyID
    }

    /// What is read where the reference names no keys.
    package static let standard = CredentialKeys(
        clientID: "client-id",
        clientSecret: "client-secret",
        privateKey: "private-key",
        keyID: "key-id"
    )

    /// Where leg 1's Secret may also hold the client of leg 2.
    package static let authorizationServerClient = CredentialKeys(
        clientID: "mcp-client-id",
        clientSecret: "mcp-client-secret",
        privateKey: "mcp-private-key",
        keyID: "mcp-key-id"
    )

    /// The keys without which the method cannot work.
    package func required(for method: ClientAuthMethod) -> [String] {
        switch method {
        case .clientSecretBasic, .clientSecretPost: [clientID, clientSecret]
        case .privateKeyJWT: [clientID, privateKey]
        case .none: [clientID]
        }
    }

    /// All four names, for reading what a Secret has.
    package var all: [String] { [clientID, clientSecret, privateKey, keyID] }
}
