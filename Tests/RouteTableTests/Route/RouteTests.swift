// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable
import Testing

@Suite("Route")
struct RouteTests {
    /// No digest at all, so that a test sees what would be digested.
    private static func digested(_ route: Route) -> String {
        var text = ""
        _ = route.version { bytes in
            text = String(decoding: bytes, as: UTF8.self)
            return [UInt8](repeating: 0, count: 32)
        }
        return text
    }

    private static func route(
        secret: String = "canary-secret",
        resourceVersion: String = "7",
        url: String = "https://mcp.example/mcp"
    ) -> Route {
        let source = RouteClient.Source(uid: "u1", resourceVersion: resourceVersion)
        let authServer = RouteClient(
            id: "todo",
            method: .privateKeyJWT,
            credential: .privateKey(Redacted("canary-key"), keyID: "k1"),
            source: source,
            assertionAudience: "https://as"
        )
        return Route(
            key: RouteKey(namespace: "team-a", name: "todo"),
            uid: "s1",
            generation: 3,
            type: "streamable-http",
            url: url,
            resource: url,
            timeout: .seconds(30),
            headers: ["X-B": "2", "X-A": "1"],
            toolPrefix: "todo",
            family: Route.Family(name: "todos", instanceArgument: "instance"),
            description: nil,
            authentication: .enterpriseIdP(
                RouteAuthentication.EnterpriseIdP(
                    idpIssuer: "https://idp",
                    idpTokenEndpoint: "https://idp/token",
                    authServerIssuer: "https://as",
                    authServerTokenEndpoint: nil,
                    sendResource: true,
                    scopes: ["read", "write"],
                    stepUpScopes: [],
                    subjectTokenType: "id_token",
                    idpClient: RouteClient(
                        id: "corp",
                        method: .clientSecretBasic,
                        credential: .secret(Redacted(secret)),
                        source: source
                    ),
                    authServerClient: authServer,
                    authServerSendResource: true,
                    maximumTokenLifetime: .seconds(900),
                    lenientTokenType: false
                )
            )
        )
    }

    @Test("for people no credential and no header value is written, and everything else is")
    func redacted() {
        let text = Self.route().redactedJSON(version: "v1").serializedText(.canonical)
        for canary in ["canary-secret", "canary-key"] { #expect(!text.contains(canary)) }
        #expect(text.contains(#""secret":"[redacted]""#))
        #expect(text.contains(#""privateKey":"[redacted]""#))
        #expect(text.contains(#""headers":{"X-A":"[redacted]","X-B":"[redacted]"}"#))
        #expect(text.contains(#""version":"v1""#))
    }

    @Test("what is digested is canonical JSON with the Secret's identity in place of each credential")
    func canonicalForm() {
        #expect(
            Self.digested(Self.route()) == """
                {"auth":{"authServerClient":{"assertionAudience":"https://as","id":"todo","keyID":"k1",\
                "method":"private_key_jwt","privateKey":{"resourceVersion":"7","uid":"u1"}},\
                "authServerIssuer":"https://as","authServerSendResource":true,"idpClient":{"id":"corp",\
                "method":"client_secret_basic","secret":{"resourceVersion":"7","uid":"u1"}},"idpIssuer":"https://idp",\
                "idpTokenEndpoint":"https://idp/token","lenientTokenType":false,"maxTokenLifetime":900,\
                "mode":"enterpriseIdP","scopes":["read","write"],"sendResource":true,"stepUpScopes":[],\
                "subjectTokenType":"id_token"},"family":{"instanceArg":"instance","name":"todos"},"generation":3,\
                "headers":{"X-A":"1","X-B":"2"},"key":"team-a/todo","resource":"https://mcp.example/mcp","timeout":30,\
                "toolPrefix":"todo","type":"streamable-http","uid":"s1","url":"https://mcp.example/mcp"}
                """
        )
    }

    @Test("no credential takes part in the version, and a rotation changes it all the same")
    func rotation() {
        let first = Self.digested(Self.route())
        #expect(!first.contains("canary"))
        #expect(Self.digested(Self.route(secret: "another")) == first)
        #expect(Self.digested(Self.route(resourceVersion: "8")) != first)
        #expect(Self.digested(Self.route(url: "https://mcp.example/other")) != first)
    }

    @Test("the version is the first 16 hexadecimal digits of the digest, zeros included")
    func version() {
        let digest: [UInt8] = [0x00, 0x0f, 0xa0, 0xff, 1, 2, 3, 4, 5, 6]
        #expect(VersionedRoute(Self.route()) { _ in digest }.version == "000fa0ff01020304")
    }

    @Test("two routes are equal if all of them is, and not only their versions")
    func equality() {
        var other = Self.route()
        other.url = "https://other.example/mcp"
        let route = VersionedRoute(route: Self.route(), version: "1")
        #expect(route == VersionedRoute(route: Self.route(), version: "1"))
        #expect(route != VersionedRoute(route: Self.route(), version: "2"))
        #expect(route != VersionedRoute(route: other, version: "1"))
    }

    @Test("gateways receive the credentials and the version")
    func exposed() throws {
        let json = Self.route().json(version: "v")
        let auth: JSONValue = try json.required("auth")
        let idpClient: JSONValue = try auth.required("idpClient")
        let authServerClient: JSONValue = try auth.required("authServerClient")
        #expect(try idpClient.required("secret", as: String.self) == "canary-secret")
        #expect(try authServerClient.required("privateKey", as: String.self) == "canary-key")
        #expect(try json.required("version", as: String.self) == "v")
    }

    @Test("a printed route holds no credential")
    func printed() {
        var dumped = ""
        dump(Self.route(), to: &dumped)
        #expect(!"\(Self.route())\(dumped)".contains("canary"))
    }
}
