// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// An MCP server as its spec asks for it, parsed and with every default filled in.
///
/// Only ``MCPServerValidator`` makes one, and only from a spec without problems.
package struct ServerConfiguration: Hashable, Sendable {
    /// Where the server listens.
    package var url: AbsoluteURL
    /// Until the upstream's response head.
    package var timeout: Duration
    /// Sorted by name, names as written.
    package var headers: [Header]
    /// Replaces the server's name in the names of its tools.
    package var toolPrefix: String?
    /// `nil`: the server stands for itself.
    package var family: Family?
    package var description: String?
    /// Whether the route shall be withdrawn.
    package var isSuspended: Bool
    /// How to get in.
    package var auth: AuthConfiguration

    /// A request header.
    package struct Header: Hashable, Sendable {
        /// As written.
        package var name: String
        /// As written; a single line.
        package var value: String
    }

    /// Membership in a family.
    package struct Family: Hashable, Sendable {
        /// As written.
        package var name: String
        /// The argument that picks the instance.
        package var instanceArgument: String
    }

    /// The `timeout` of a spec that has none.
    package static let defaultTimeout = Duration.seconds(30)
}
