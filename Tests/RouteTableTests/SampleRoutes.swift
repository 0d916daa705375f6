// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable

/// Routes for tests: one of each mode, with each form of credential.
enum Sample {
    static let secret = RouteClient(
        id: "corp",
        method: .clientSecretBasic,
        credential: .secret(Redacted("canary-secret")),
        source: RouteClient.Source(uid: "s1", resourceVersion: "7")
    )
    static let posted = RouteClient(
        id: "posted",
        method: .clientSecretPost,
        credential: .secret(Redacted("canary-\"quoted\"")),
        source: nil
    )
    static let key = RouteClient(
        id: "todo",
        method: .privateKeyJWT,
        credential: .privateKey(Redacted("-----BEGIN\ncanary-key\n"), keyID: "k1"),
        source: nil,
        assertionAudience: "https://as.example"
    )
    static let keyWithoutID = RouteClient(
        id: "todo",
        method: .privateKeyJWT,
        credential: .privateKey(Redacted("canary-key"), keyID: nil),
        source: nil
    )
    static let open = RouteClient(id: "open", method: .none, credential: .none, source: nil)

    static let authentications: [RouteAuthentication] =
        [
            .none,
            .tokenForwarding(.init(requiredAudiences: [])),
            .tokenForwarding(.init(requiredAudiences: ["a", "b"])),
            authorizationCode(nil),
            exchange(nil),
        ] + clients.flatMap { [authorizationCode($0), exchange($0), enterprise($0, $0), enterprise(nil, $0)] }

    static let clients = [secret, posted, key, keyWithoutID, open]

    static func authorizationCode(_ client: RouteClient?) -> RouteAuthentication {
        .authorizationCode(
            .init(
                issuer: client.map { _ in "https://as.example" },
                scopes: ["read"],
                authorizationEndpoint: client.map { _ in "https://as.example/authorize" },
                tokenEndpoint: client.map { _ in "https://as.example/token" },
                client: client
            )
        )
    }

    static func exchange(_ client: RouteClient?) -> RouteAuthentication {
        .tokenExchange(
            .init(
                idpIssuer: client.map { _ in "https://idp.example" },
                tokenEndpoint: "https://dex.example/token",
                expectedIssuer: client.map { _ in "https://dex.example" },
                connectorID: client?.id,
                scopes: ["openid"],
                requiredAudiences: ["backend"],
                client: client
            )
        )
    }

    static func enterprise(_ idpClient: RouteClient?, _ client: RouteClient) -> RouteAuthentication {
        .enterpriseIdP(
            .init(
                idpIssuer: idpClient.map { _ in "https://idp.example" },
                idpTokenEndpoint: "https://idp.example/token",
                authServerIssuer: "https://as.example",
                authServerTokenEndpoint: idpClient.map { _ in "https://as.example/token" },
                sendResource: true,
                scopes: ["read", "write"],
                stepUpScopes: ["admin"],
                subjectTokenType: "id_token",
                idpClient: idpClient,
                authServerClient: client,
                authServerSendResource: idpClient == nil,
                maximumTokenLifetime: idpClient.map { _ in .seconds(900) },
                lenientTokenType: idpClient != nil
            )
        )
    }

    /// A route, with every optional member unless it `isBare`.
    static func route(
        _ name: String = "todo",
        generation: Int64 = 1,
        by authentication: RouteAuthentication = .none,
        isBare: Bool = false
    ) -> Route {
        Route(
            key: RouteKey(namespace: "team-a", name: name),
            uid: "uid-\(name)",
            generation: generation,
            type: "streamable-http",
            url: "https://\(name).example/mcp",
            resource: "https://\(name).example/mcp",
            timeout: .seconds(30),
            headers: isBare ? [:] : ["X-Team": "a", "X-Äußerung": "é\u{1F600}\n"],
            toolPrefix: isBare ? nil : "prefix",
            family: isBare ? nil : Route.Family(name: "todos", instanceArgument: "instance"),
            description: isBare ? nil : "What it is for",
            authentication: authentication
        )
    }

    /// A route without credentials, whose version says its generation.
    static func versioned(_ name: String, _ generation: Int64 = 1) -> VersionedRoute {
        VersionedRoute(route: route(name, generation: generation, isBare: true), version: "v\(generation)")
    }
}
