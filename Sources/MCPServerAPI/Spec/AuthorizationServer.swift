// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension MCPServerSpec {
    /// The authorization server of an MCP server with `type: oauth`, where discovery from the server is not wanted.
    package struct AuthorizationServer: SchemaObject {
        package enum Field: String, CaseIterable, Sendable {
            case issuer
            case scopes
            case authorizationEndpoint
            case tokenEndpoint
            case clientCredentialsSecretRef
            case clientAuthMethod
        }

        package static var nestedObjects: [Field: any SchemaObject.Type] {
            [.clientCredentialsSecretRef: ClientCredentialsSecretReference.self]
        }

        package var issuer: String?
        /// Separated by single spaces.
        package var scopes: String?
        package var authorizationEndpoint: String?
        package var tokenEndpoint: String?
        @Indirect package var clientCredentialsSecretRef: ClientCredentialsSecretReference?
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
