// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// Everything a gateway needs to serve one MCP server.
///
/// Made only from a resource that is valid and whose references are resolved. It holds credentials, so it is never
/// logged as a whole; its JSON goes to gateways and nowhere else.
package struct Route: Hashable, Sendable {
    /// Servers of one family show up as one set of tools with an argument that picks the instance.
    package struct Family: Hashable, Sendable {
        /// The name that the members share.
        package var name: String
        /// The argument of every tool that picks the member.
        package var instanceArgument: String

        package init(name: String, instanceArgument: String) {
            self.name = name
            self.instanceArgument = instanceArgument
        }
    }

    /// The server the route leads to.
    package var key: RouteKey
    /// The uid of the resource: a server deleted and made again is another server.
    package var uid: String
    /// The generation of the resource that the route was made from.
    package var generation: Int64
    /// The transport's name in the resource: `streamable-http`.
    package var type: String
    /// Where the MCP server listens.
    package var url: String
    /// The canonical URI that access tokens for this server are issued for.
    package var resource: String
    /// How long to wait for the head of the server's response.
    package var timeout: Duration
    /// Added to every request upstream; never one that carries identity.
    package var headers: [String: String]
    /// `nil`: tools are prefixed with the server's name.
    package var toolPrefix: String?
    /// `nil`: the server stands alone.
    package var family: Family?
    package var description: String?
    /// How a request upstream gets its token.
    package var authentication: RouteAuthentication

    package init(
        key: RouteKey,
        uid: String,
        generation: Int64,
        type: String,
        url: String,
        resource: String,
        timeout: Duration,
        headers: [String: String],
        toolPrefix: String?,
        family: Family?,
        description: String?,
        authentication: RouteAuthentication
    ) {
        self.key = key
        self.uid = uid
        self.generation = generation
        self.type = type
        self.url = url
        self.resource = resource
        self.timeout = timeout
        self.headers = headers
        self.toolPrefix = toolPrefix
        self.family = family
        self.description = description
        self.authentication = authentication
    }

    private func members(_ credentials: CredentialForm) -> JSONObject {
        var object = JSONObject()
        object["key"] = .string(key.description)
        object["uid"] = uid.json
        object["generation"] = generation.json
        object["type"] = type.json
        object["url"] = url.json
        object["resource"] = resource.json
        object["timeout"] = timeout.wholeSeconds
        object["headers"] = headers.json
        object["toolPrefix"] = toolPrefix?.json
        object["family"] = family.map {
            ["name": .string($0.name), "instanceArg": .string($0.instanceArgument)]
        }
        object["description"] = description?.json
        object["auth"] = authentication.json(credentials)
        return object
    }

    /// The route's version: the first 16 hexadecimal digits of the SHA-256 of its canonical JSON, in which each
    /// credential is replaced by the uid and resource version of its Secret.
    ///
    /// All replicas compute the same one, and a rotated credential gives a new one without taking part in it.
    ///
    /// - Parameter digest: SHA-256. A parameter, because this module knows no cryptography.
    /// - Returns: 16 hexadecimal digits.
    package func version(digest: (_ bytes: [UInt8]) -> [UInt8]) -> String {
        let bytes = JSONValue.object(members(.identified)).serialized(.canonical)
        return digest(bytes).prefix(8).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    /// The route as gateways receive it, credentials included.
    package func json(version: String) -> JSONValue {
        var object = members(.exposed)
        object["version"] = .string(version)
        return .object(object)
    }

    /// The route for people: no credential, and of the headers no value, since authors put keys there.
    package func redactedJSON(version: String) -> JSONValue {
        var object = members(.redacted)
        object["version"] = .string(version)
        object["headers"] = headers.mapValues { _ in "[redacted]" }.json
        return .object(object)
    }
}
