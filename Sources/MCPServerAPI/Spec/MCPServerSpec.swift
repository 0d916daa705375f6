// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// What the author of an ``MCPServer`` wrote, field by field, with nothing defaulted or checked.
///
/// Words that must come from a list stay strings here, so that a wrong one is a finding of the validator and not an
/// object that cannot be read.
package struct MCPServerSpec: SchemaObject {
    /// The names of the fields, in the order of the documentation.
    package enum Field: String, CaseIterable, Sendable {
        case type
        case url
        case toolPrefix
        case family
        case description
        case headers
        case timeout
        case suspended
        case auth
        case command
        case args
        case env
        case autoStart
        case meta
        case restartRequestedAt
    }

    /// The fields that hold objects.
    package static var nestedObjects: [Field: any SchemaObject.Type] { [.family: Family.self, .auth: Auth.self] }

    /// The transport: `streamable-http`; `stdio` and `sse` are known and not served.
    package var type: String?
    /// Where the MCP server listens.
    package var url: String?
    /// Replaces the server's name in the names of its tools.
    package var toolPrefix: String?
    /// `nil`: the server stands for itself.
    @Indirect package var family: Family?
    package var description: String?
    /// Sent with every upstream request; stored in plain text, so not for secrets.
    package var headers: [String: String]?
    /// Seconds until the upstream's response head must have arrived.
    package var timeout: Int64?
    /// Whether the route is withdrawn.
    package var suspended: Bool?
    /// Absent: no token is sent.
    @Indirect package var auth: Auth?
    /// Ignored, as are all fields below: they belong to transports and features that are not served.
    package var command: String?
    /// Ignored.
    package var args: [String]?
    /// Ignored.
    package var env: [String: String]?
    /// Ignored.
    package var autoStart: Bool?
    /// Ignored; any object.
    package var meta: JSONValue?
    /// Ignored.
    package var restartRequestedAt: String?

    package init() {}

    package init(json: JSONValue) throws(JSONDecodingError) {
        let read = FieldReader(json, of: Self.self)
        type = try read(.type)
        url = try read(.url)
        toolPrefix = try read(.toolPrefix)
        family = try read(.family)
        description = try read(.description)
        headers = try read(.headers)
        timeout = try read(.timeout)
        suspended = try read(.suspended)
        auth = try read(.auth)
        command = try read(.command)
        args = try read(.args)
        env = try read(.env)
        autoStart = try read(.autoStart)
        meta = try read(.meta)
        restartRequestedAt = try read(.restartRequestedAt)
    }
}
