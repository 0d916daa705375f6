// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension MCPServerSpec {
    /// The Secret that holds an OAuth client's credentials, and the names of its keys.
    package struct ClientCredentialsSecretReference: SchemaObject {
        package enum Field: String, CaseIterable, Sendable {
            case name
            case namespace
            case clientIdKey
            case clientSecretKey
            case privateKeyKey
            case keyIdKey
        }

        package var name: String?
        /// By default the MCPServer's own; another one needs a `ReferenceGrant` there.
        package var namespace: String?
        package var clientIdKey: String?
        package var clientSecretKey: String?
        package var privateKeyKey: String?
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
