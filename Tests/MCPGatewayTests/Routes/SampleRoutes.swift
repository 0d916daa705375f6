// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable

extension RouteKey {
    /// `team/name`.
    static func team(_ name: String) -> RouteKey { RouteKey(namespace: "team", name: name) }
}

extension VersionedRoute {
    /// What must never be seen outside of a route.
    static let canary = "canary-secret-value"

    /// A route with a credential.
    static func sample(_ name: String, version: String = "1") -> VersionedRoute {
        let client = RouteClient(
            id: "client",
            method: .clientSecretBasic,
            credential: .secret(Redacted(canary)),
            source: nil
        )
        let route = Route(
            key: .team(name),
            uid: "u-\(name)",
            generation: 1,
            type: "streamable-http",
            url: "https://\(name).example/mcp",
            resource: "https://\(name).example/mcp",
            timeout: .seconds(30),
            headers: [:],
            toolPrefix: nil,
            family: nil,
            description: nil,
            authentication: .tokenExchange(
                RouteAuthentication.TokenExchange(
                    idpIssuer: "https://idp.example",
                    tokenEndpoint: "https://idp.example/token",
                    expectedIssuer: nil,
                    connectorID: nil,
                    scopes: [],
                    requiredAudiences: [],
                    client: client
                )
            )
        )
        return VersionedRoute(route: route, version: version)
    }
}

extension RouteSnapshot {
    /// `name=version` of each route, sorted.
    var text: String { sorted.map { "\($0.route.key.name)=\($0.version)" }.joined(separator: " ") }
}

extension RouteEvent {
    /// The lines of a whole table.
    static func table(_ revision: Int64, _ routes: VersionedRoute...) -> [RouteEvent] {
        [.reset(revision: revision, count: routes.count)] + routes.map { .put(revision: revision, $0) }
            + [.synced(revision: revision)]
    }

    var bytes: [UInt8] { RouteLine(self).bytes }
}
