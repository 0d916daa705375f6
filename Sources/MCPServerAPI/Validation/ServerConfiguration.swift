// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// An MCP server as its spec asks for it, parsed and with every default filled in.
///
/// Only ``MCPServerValidator`` makes one, and only from a spec without problems.
package struct ServerConfiguration: Hashable, Sendable {
    package var url: AbsoluteURL
    /// Until the upstream's response head.
    package var timeout: Duration
    /// Sorted by name, names as written.
    package var headers: [Header]
    package var toolPrefix: String?
    package var family: Family?
    package var description: String?
    package var isSuspended: Bool
    package var auth: AuthConfiguration

    /// A request header.
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    /// Membership in a family.
    package struct Family: Hashable, Sendable {
        package var name: String
        package var instanceArgument: String
    }

    /// The `timeout` of a spec that has none.
    package static let defaultTimeout = Duration.seconds(30)
}
