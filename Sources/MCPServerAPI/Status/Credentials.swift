// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension MCPServerStatus {
    /// Which Secrets the route was made from.
    package struct Credentials: SchemaObject, JSONEncodable {
        /// The names of the fields, in the order of the documentation.
        package enum Field: String, CaseIterable, Sendable {
            case idp
            case authServer
        }

        /// The fields that hold objects.
        package static var nestedObjects: [Field: any SchemaObject.Type] {
            [.idp: SecretVersion.self, .authServer: SecretVersion.self]
        }

        /// Of the client at the identity provider.
        package var idp: SecretVersion?
        /// Of the client at the MCP server's authorization server.
        package var authServer: SecretVersion?

        package init(idp: SecretVersion? = nil, authServer: SecretVersion? = nil) {
            self.idp = idp
            self.authServer = authServer
        }

        package init(json: JSONValue) throws(JSONDecodingError) {
            let read = FieldReader(json, of: Self.self)
            idp = try read(.idp)
            authServer = try read(.authServer)
        }

        package var json: JSONValue {
            var object = JSONObject()
            object[Field.idp.rawValue] = idp?.json
            object[Field.authServer.rawValue] = authServer?.json
            return .object(object)
        }
    }

    /// One Secret as it was read.
    package struct SecretVersion: SchemaObject, JSONEncodable {
        /// The names of the fields, in the order of the documentation.
        package enum Field: String, CaseIterable, Sendable {
            case secret
            case resourceVersion
        }

        /// `name`, or `namespace/name` when it is in another namespace than the MCPServer.
        package var secret: String
        /// The version whose content the route has.
        package var resourceVersion: String

        package init(secret: String, resourceVersion: String) {
            self.secret = secret
            self.resourceVersion = resourceVersion
        }

        package init(json: JSONValue) throws(JSONDecodingError) {
            let read = FieldReader(json, of: Self.self)
            secret = try read(.secret) ?? ""
            resourceVersion = try read(.resourceVersion) ?? ""
        }

        package var json: JSONValue {
            [Field.secret.rawValue: secret.json, Field.resourceVersion.rawValue: resourceVersion.json]
        }
    }

    /// How far the route has come.
    package struct Gateways: SchemaObject, JSONEncodable {
        /// The names of the fields, in the order of the documentation.
        package enum Field: String, CaseIterable, Sendable {
            case programmed
            case total
        }

        /// The gateways that use the newest route.
        package var programmed: Int64
        /// The gateways that report.
        package var total: Int64

        package init(programmed: Int64, total: Int64) {
            self.programmed = programmed
            self.total = total
        }

        package init(json: JSONValue) throws(JSONDecodingError) {
            let read = FieldReader(json, of: Self.self)
            programmed = try read(.programmed) ?? 0
            total = try read(.total) ?? 0
        }

        package var json: JSONValue {
            [Field.programmed.rawValue: programmed.json, Field.total.rawValue: total.json]
        }
    }
}
