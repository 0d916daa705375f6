// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension MCPServerSpec {
    /// Two legs: token exchange for an ID-JAG at the enterprise IdP, then the JWT bearer grant at the MCP server's
    /// authorization server.
    package struct EnterpriseIdP: SchemaObject {
        /// The names of the fields, in the order of the documentation.
        package enum Field: String, CaseIterable, Sendable {
            case enabled
            case idpTokenEndpoint
            case idpIssuer
            case idp
            case mcpAuthServerIssuer
            case mcpAuthServerTokenEndpoint
            case resource
            case sendResource
            case scopes
            case stepUpScopes
            case subjectTokenType
            case clientCredentialsSecretRef
            case clientAuthMethod
            case assertionAudience
            case mcpAuthServerClient
            case maxTokenLifetime
            case lenientTokenType
        }

        /// The fields that hold objects.
        package static var nestedObjects: [Field: any SchemaObject.Type] {
            [
                .clientCredentialsSecretRef: ClientCredentialsSecretReference.self,
                .mcpAuthServerClient: MCPAuthServerClient.self,
            ]
        }

        /// Absent is `false`, and then the whole block counts as absent.
        package var enabled: Bool?
        /// Where leg 1 goes; absent: what the provider's metadata says.
        package var idpTokenEndpoint: String?
        /// The issuer of a configured provider; not together with ``idp``.
        package var idpIssuer: String?
        /// The name of an identity provider in the configuration.
        package var idp: String?
        /// Becomes `audience` in leg 1, byte for byte.
        package var mcpAuthServerIssuer: String?
        /// Where leg 2 goes; absent: what the issuer's metadata says.
        package var mcpAuthServerTokenEndpoint: String?
        /// The resource indicator; by default the canonical form of `spec.url`.
        package var resource: String?
        /// Whether leg 1 sends `resource`.
        package var sendResource: Bool?
        /// Separated by single spaces.
        package var scopes: String?
        /// What an `insufficient_scope` answer may add.
        package var stepUpScopes: String?
        /// A ``SubjectTokenType``.
        package var subjectTokenType: String?
        /// The client at the IdP; absent: the configured provider's own client.
        @Indirect package var clientCredentialsSecretRef: ClientCredentialsSecretReference?
        /// A ``ClientAuthMethod``.
        package var clientAuthMethod: String?
        /// The audience of the client assertion; only with `private_key_jwt`.
        package var assertionAudience: String?
        /// The client at the MCP server's authorization server.
        @Indirect package var mcpAuthServerClient: MCPAuthServerClient?
        /// Caps how long a token is cached, as a duration such as `15m`.
        package var maxTokenLifetime: String?
        /// Accepts `token_type: Bearer` from leg 1, where the specification wants `N_A`.
        package var lenientTokenType: Bool?

        package init() {}

        package init(json: JSONValue) throws(JSONDecodingError) {
            let read = FieldReader(json, of: Self.self)
            enabled = try read(.enabled)
            idpTokenEndpoint = try read(.idpTokenEndpoint)
            idpIssuer = try read(.idpIssuer)
            idp = try read(.idp)
            mcpAuthServerIssuer = try read(.mcpAuthServerIssuer)
            mcpAuthServerTokenEndpoint = try read(.mcpAuthServerTokenEndpoint)
            resource = try read(.resource)
            sendResource = try read(.sendResource)
            scopes = try read(.scopes)
            stepUpScopes = try read(.stepUpScopes)
            subjectTokenType = try read(.subjectTokenType)
            clientCredentialsSecretRef = try read(.clientCredentialsSecretRef)
            clientAuthMethod = try read(.clientAuthMethod)
            assertionAudience = try read(.assertionAudience)
            mcpAuthServerClient = try read(.mcpAuthServerClient)
            maxTokenLifetime = try read(.maxTokenLifetime)
            lenientTokenType = try read(.lenientTokenType)
        }
    }
}
