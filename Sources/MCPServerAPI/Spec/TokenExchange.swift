// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension MCPServerSpec {
    /// Exchange of the user's token at another Dex ([RFC 8693](https://www.rfc-editor.org/rfc/rfc8693)).
    package struct TokenExchange: SchemaObject {
        /// The names of the fields, in the order of the documentation.
        package enum Field: String, CaseIterable, Sendable {
            case enabled
            case dexTokenEndpoint
            case expectedIssuer
            case connectorId
            case scopes
            case clientCredentialsSecretRef
        }

        /// The fields that hold objects.
        package static var nestedObjects: [Field: any SchemaObject.Type] {
            [.clientCredentialsSecretRef: ClientCredentialsSecretReference.self]
        }

        /// Absent is `false`, and then the whole block counts as absent.
        package var enabled: Bool?
        /// Required when the block is on.
        package var dexTokenEndpoint: String?
        /// The issuer of the token that comes back; by default the token endpoint without its last `/token`.
        package var expectedIssuer: String?
        /// The connector of that Dex that trusts the user's issuer.
        package var connectorId: String?
        /// Separated by single spaces.
        package var scopes: String?
        /// Absent: the configured provider's own client.
        @Indirect package var clientCredentialsSecretRef: ClientCredentialsSecretReference?

        package init() {}

        package init(json: JSONValue) throws(JSONDecodingError) {
            let read = FieldReader(json, of: Self.self)
            enabled = try read(.enabled)
            dexTokenEndpoint = try read(.dexTokenEndpoint)
            expectedIssuer = try read(.expectedIssuer)
            connectorId = try read(.connectorId)
            scopes = try read(.scopes)
            clientCredentialsSecretRef = try read(.clientCredentialsSecretRef)
        }
    }
}
