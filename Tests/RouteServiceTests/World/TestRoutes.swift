// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

enum TestRoutes {
    /// A route without authentication, with a description of a length.
    static func route(_ name: String, version: String = "0000000000000001", size: Int = 0) -> VersionedRoute {
        VersionedRoute(
            route: Route(
                key: RouteKey(namespace: "team-a", name: name),
                uid: "uid-\(name)",
                generation: 1,
                type: "streamable-http",
                url: "https://\(name).example/mcp",
                resource: "https://\(name).example/mcp",
                timeout: .seconds(30),
                headers: [:],
                toolPrefix: nil,
                family: nil,
                description: size == 0 ? nil : String(repeating: "x", count: size),
                authentication: .none
            ),
            version: version
        )
    }

    static func key(_ name: String) -> RouteKey { RouteKey(namespace: "team-a", name: name) }
}
