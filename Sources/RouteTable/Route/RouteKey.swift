// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The name of a route: that of the `MCPServer` it was made from.
package struct RouteKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The namespace of the MCPServer.
    package var namespace: String
    /// The name of the MCPServer.
    package var name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// `namespace/name`, as the stream and the gateways write it.
    package var description: String { "\(namespace)/\(name)" }

    package static func < (left: RouteKey, right: RouteKey) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}
