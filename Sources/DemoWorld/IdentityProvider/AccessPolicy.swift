// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
package import JSON

/// Who may use which MCP server, and how far: what the enterprise's administrators decide, in one table.
package struct AccessPolicy: Hashable, Sendable {
    /// One line of the table.
    package struct Row: Hashable, Sendable {
        /// The user's name.
        package var user: String
        /// The issuer of the authorization server that gets the ID-JAG.
        package var audience: String
        /// The MCP server, by its resource identifier.
        package var resource: String
        /// What the user may do there at most.
        package var scopes: Scopes

        package init(user: String, audience: String, resource: String, scopes: Scopes) {
            self.user = user
            self.audience = audience
            self.resource = resource
            self.scopes = scopes
        }
    }

    /// An MCP server behind its authorization server: what a user may be refused, and nobody can use if it is not here.
    package struct Target: Hashable, Sendable {
        /// The issuer of the authorization server.
        package var audience: String
        /// The resource identifier.
        package var resource: String

        package init(audience: String, resource: String) {
            self.audience = audience
            self.resource = resource
        }
    }

    /// What an ID-JAG is granted.
    package struct Grant: Hashable, Sendable {
        /// Where it may be used.
        package var target: Target
        /// Not more than was asked for.
        package var scopes: Scopes
    }

    /// All MCP servers that the identity provider knows.
    package let targets: Set<Target>
    /// Who may use them.
    package private(set) var rows: [Row]

    package init(targets: Set<Target>, rows: [Row]) {
        self.targets = targets
        self.rows = rows
    }

    /// What a user is granted.
    ///
    /// - Parameters:
    ///   - user: The user's name.
    ///   - audience: For whom the ID-JAG is; compared byte for byte.
    ///   - resource: Where it leads; may be left out when the audience has only one.
    ///   - requested: What is asked for; `nil` asks for all that there is.
    /// - Returns: Not more than was asked for, and not nothing.
    /// - Throws: ``OAuthRefusal``: `invalid_target` for what nobody may use, `access_denied` for what this user may not,
    ///   `invalid_scope` when nothing remains of what is asked for.
    package func decide(
        user: String,
        audience: String,
        resource: String?,
        requested: Scopes?
    ) throws(OAuthRefusal) -> Grant {
        let target = try target(audience: audience, resource: resource)
        let row = rows.first { row in
            row.user == user && row.audience.hasSameBytes(as: target.audience)
                && row.resource.hasSameBytes(as: target.resource)
        }
        guard let row else {
            throw OAuthRefusal(.accessDenied, "The policy does not let this user use '\(target.resource)'.")
        }
        let granted = Scopes(requested.map { $0.names.intersection(row.scopes.names) } ?? row.scopes.names)
        guard !granted.isEmpty else {
            throw OAuthRefusal(.invalidScope, "The policy grants this user none of the scopes asked for.")
        }
        return Grant(target: target, scopes: granted)
    }

    private func target(audience: String, resource: String?) throws(OAuthRefusal) -> Target {
        let candidates = targets.filter { $0.audience.hasSameBytes(as: audience) }
        guard !candidates.isEmpty else {
            throw OAuthRefusal(.invalidTarget, "The audience is the issuer of no authorization server known here.")
        }
        guard let resource else {
            guard candidates.count == 1, let only = candidates.first else {
                throw OAuthRefusal(.invalidTarget, "The audience has several resources. Send the parameter 'resource'.")
            }
            return only
        }
        guard let target = candidates.first(where: { $0.resource.hasSameBytes(as: resource) }) else {
            throw OAuthRefusal(.invalidTarget, "The audience has no such resource.")
        }
        return target
    }
}

extension AccessPolicy {
    /// The table as the administration endpoint shows it.
    package var json: JSONValue {
        .array(
            rows.map { row in
                [
                    "user": .string(row.user), "audience": .string(row.audience), "resource": .string(row.resource),
                    "scope": .string(row.scopes.description),
                ]
            }
        )
    }

    /// Puts other rows in the place of all; the next exchange is decided by them.
    ///
    /// - Throws: `JSONDecodingError` for what is no table, or has a row about a server that is not known.
    package mutating func replaceRows(_ json: JSONValue) throws(JSONDecodingError) {
        var rows: [Row] = []
        for element in try [JSONValue](json: json) {
            let row = Row(
                user: try element.required("user"),
                audience: try element.required("audience"),
                resource: try element.required("resource"),
                scopes: Scopes(parsing: try element.required("scope")) ?? Scopes()
            )
            guard targets.contains(Target(audience: row.audience, resource: row.resource)) else {
                throw JSONDecodingError("has a row whose audience and resource are no MCP server of the enterprise")
            }
            rows.append(row)
        }
        guard rows.count <= 1_000 else { throw JSONDecodingError("has more than 1000 rows") }
        self.rows = rows
    }
}
