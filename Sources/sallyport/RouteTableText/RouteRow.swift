// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// One route as people see it: never a credential.
struct RouteRow: Sendable, Hashable {
    var namespace: String
    var name: String
    var version: String
    var mode: String
    var url: String
    var resource: String
    /// The clients by id and method, in the order of the legs.
    var credential: String

    init(_ versioned: VersionedRoute) {
        let route = versioned.route
        namespace = route.key.namespace
        name = route.key.name
        version = versioned.version
        mode = route.authentication.mode
        url = route.url
        resource = route.resource
        credential = Self.credential(route.authentication)
    }

    private static func credential(_ authentication: RouteAuthentication) -> String {
        switch authentication {
        case .none, .tokenForwarding: ""
        case .authorizationCode(let mode): mode.client.map(text) ?? "registers itself"
        case .tokenExchange(let mode): mode.client.map(text) ?? "provider's own"
        case .enterpriseIdP(let mode):
            "\(mode.idpClient.map(text) ?? "provider's own") → \(text(mode.authServerClient))"
        }
    }

    private static func text(_ client: RouteClient) -> String { "\(client.id) (\(client.method.rawValue))" }
}
