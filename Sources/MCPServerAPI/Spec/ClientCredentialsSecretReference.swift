// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension MCPServerSpec {
    /// The Secret that holds an OAuth client's credentials, and the names of its keys.
    package struct ClientCredentialsSecretReference: SchemaObject {
        /// The names of the fields, in the order of the documentation.
        package enum Field: String, CaseIterable, Sendable {
            case name
            case namespace
            case clientIdKey
            case clientSecretKey
            case privateKeyKey
            case keyIdKey
        }

        /// Required.
        package var name: String?
        /// By default the MCPServer's own; another one needs a `ReferenceGrant` there.
        package var namespace: String?
        /// By default `client-id`, see ``CredentialKeys/standard``, and so the other keys.
        package var clientIdKey: String?
        /// By default `client-secret`.
        package var clientSecretKey: String?
        /// By default `private-key`.
        package var privateKeyKey: String?
        /// By default `key-id`.
        package var keyIdKey: String?

        package init() {}

        package init(json: JSONValue) throws(JSONDecodingError) {
            let read = FieldReader(json, of: Self.self)
            name = try read(.name)
            namespace = try read(.namespace)
            clientIdKey = try read(.clientIdKey)
            clientSecretKey = try read(.clientSecretKey)
            privateKeyKey = try read(.privateKeyKey)
            keyIdKey = try read(.keyIdKey)
        }

        /// The key names, with the defaults filled in.
        package var keys: CredentialKeys {
            CredentialKeys(
                clientID: clientIdKey ?? CredentialKeys.standard.clientID,
                clientSecret: clientSecretKey ?? CredentialKeys.standard.clientSecret,
                privateKey: privateKeyKey ?? CredentialKeys.standard.privateKey,
                keyID: keyIdKey ?? CredentialKeys.standard.keyID
            )
        }
    }
}
