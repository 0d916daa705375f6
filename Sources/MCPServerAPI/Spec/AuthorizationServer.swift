// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension MCPServerSpec {
    /// The authorization server of an MCP server with `type: oauth`, where discovery from the server is not wanted.
    package struct AuthorizationServer: SchemaObject {
        /// The names of the fields, in the order of the documentation.
        package enum Field: String, CaseIterable, Sendable {
            case issuer
            case scopes
            case authorizationEndpoint
            case tokenEndpoint
            case clientCredentialsSecretRef
            case clientAuthMethod
        }

        /// The fields that hold objects.
        package static var nestedObjects: [Field: any SchemaObject.Type] {
            [.clientCredentialsSecretRef: ClientCredentialsSecretReference.self]
        }

        /// Required; compared byte for byte.
        package var issuer: String?
        /// Separated by single spaces.
        package var scopes: String?
        /// Only together with ``tokenEndpoint``.
        package var authorizationEndpoint: String?
        /// Only together with ``authorizationEndpoint``.
        package var tokenEndpoint: String?
        /// Absent: the gateway registers itself.
        @Indirect package var clientCredentialsSecretRef: ClientCredentialsSecretReference?
        /// A ``ClientAuthMethod``; only with credentials beside it.
        package var clientAuthMethod: String?

        package init() {}

        package init(json: JSONValue) throws(JSONDecodingError) {
            let read = FieldReader(json, of: Self.self)
            issuer = try read(.issuer)
            scopes = try read(.scopes)
            authorizationEndpoint = try read(.authorizationEndpoint)
            tokenEndpoint = try read(.tokenEndpoint)
            clientCredentialsSecretRef = try read(.clientCredentialsSecretRef)
            clientAuthMethod = try read(.clientAuthMethod)
        }
    }
}
