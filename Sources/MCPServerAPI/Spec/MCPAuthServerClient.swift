// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension MCPServerSpec {
    /// The gateway's client at the MCP server's own authorization server (leg 2).
    package struct MCPAuthServerClient: SchemaObject {
        /// The names of the fields, in the order of the documentation.
        package enum Field: String, CaseIterable, Sendable {
            case clientCredentialsSecretRef
            case clientAuthMethod
            case assertionAudience
            case sendResource
        }

        /// The fields that hold objects.
        package static var nestedObjects: [Field: any SchemaObject.Type] {
            [.clientCredentialsSecretRef: ClientCredentialsSecretReference.self]
        }

        /// Absent: the `mcp-` keys of leg 1's Secret.
        @Indirect package var clientCredentialsSecretRef: ClientCredentialsSecretReference?
        /// A ``ClientAuthMethod``.
        package var clientAuthMethod: String?
        /// The audience of the client assertion; only with `private_key_jwt`.
        package var assertionAudience: String?
        /// Whether leg 2 sends `resource`.
        package var sendResource: Bool?

        package init() {}

        package init(json: JSONValue) throws(JSONDecodingError) {
            let read = FieldReader(json, of: Self.self)
            clientCredentialsSecretRef = try read(.clientCredentialsSecretRef)
            clientAuthMethod = try read(.clientAuthMethod)
            assertionAudience = try read(.assertionAudience)
            sendResource = try read(.sendResource)
        }
    }
}
