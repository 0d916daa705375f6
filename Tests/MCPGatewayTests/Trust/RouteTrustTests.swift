// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OAuth
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Trust in routes")
struct RouteTrustTests {
    private func rules(
        _ trust: GatewayTrust = .sample,
        _ known: [String: IssuerKnowledge] = [FakeProvider.issuer: .tokenEndpoint(FakeProvider.tokenEndpoint)]
    ) -> RouteTrust {
        RouteTrust(trust: trust) { known[$0] ?? .unasked }
    }

    private func reason(_ rules: RouteTrust, _ route: VersionedRoute) -> TrustRefusal.Reason? {
        switch rules.judge(route.route) {
        case .allowed: nil
        case .refused(let refusal), .undecided(let refusal, _): refusal.reason
        }
    }

    @Test("A route within the rules is allowed, and one that names no issuer gets the one that allows its endpoint")
    func allowed() {
        #expect(reason(rules(), .todo()) == nil)
        guard case .enterpriseIdP(var mode) = VersionedRoute.todo().route.authentication else { return }
        mode.idpIssuer = nil
        let expected = RouteTrust.Endpoints(
            issuer: FakeProvider.issuer,
            tokenEndpoint: FakeProvider.tokenEndpoint,
            isProviderConfigured: true,
            authServerEndpoint: nil,
            isAuthServerListed: false
        )
        #expect(rules().endpoints(mode) == .allowed(expected))
    }

    @Test(
        "An identity provider's tokens go only where the provider or the configuration says",
        arguments: [
            "https://evil.example/token", "https://idp.example/token/", "https://IDP.example/token",
            "https://idp.example/token?x",
        ]
    )
    func foreignTokenEndpoint(_ endpoint: String) {
        let route = VersionedRoute.todo { $0.idpTokenEndpoint = endpoint }
        #expect(reason(rules(), route) == .issuerNotTrusted)
        // The control: the same endpoint, listed.
        var trust = GatewayTrust.sample
        trust.identityProviders[0].tokenEndpoints = [endpoint]
        #expect(reason(rules(trust), route) == nil)
    }

    @Test("Without configuration nothing is trusted, and an unknown issuer never is")
    func nothing() {
        #expect(reason(rules(GatewayTrust()), .todo()) == .issuerNotTrusted)
        #expect(reason(rules(), .todo { $0.idpIssuer = "https://idp.example/" }) == .issuerNotTrusted)
        let known: [String: IssuerKnowledge] = ["https://evil.example": .tokenEndpoint("https://evil.example/token")]
        let route = VersionedRoute.todo {
            $0.idpIssuer = "https://evil.example"
            $0.idpTokenEndpoint = "https://evil.example/token"
        }
        #expect(reason(rules(.sample, known), route) == .issuerNotTrusted)
    }

    @Test("While metadata is out of reach only listed endpoints count, and nothing is sent elsewhere")
    func undecided() {
        for knowledge in [IssuerKnowledge.unasked, .unavailable("Away.")] {
            let open = rules(.sample, [FakeProvider.issuer: knowledge])
            #expect(reason(open, .todo()) == .discoveryFailed)
            guard case .undecided(_, let issuer) = open.judge(VersionedRoute.todo().route) else {
                Issue.record("It is decided")
                return
            }
            #expect(issuer == FakeProvider.issuer)
        }
        var trust = GatewayTrust.sample
        trust.identityProviders[0].tokenEndpoints = [FakeProvider.tokenEndpoint]
        #expect(reason(rules(trust, [:]), .todo()) == nil)
    }

    @Test("An endpoint that two issuers allow must say whose tokens it gets")
    func ambiguous() {
        var trust = GatewayTrust.sample
        trust.identityProviders.append(
            GatewayTrust.IdentityProvider(
                issuer: "https://second.example",
                bearerAudiences: [],
                tokenEndpoints: [FakeProvider.tokenEndpoint]
            )
        )
        #expect(reason(rules(trust), .todo { $0.idpIssuer = nil }) == .issuerNotTrusted)
        #expect(reason(rules(trust), .todo()) == nil)
    }

    @Test("Leg 2 goes where the issuer is, where its metadata says, or where the configuration says")
    func authServer() {
        let known: [String: IssuerKnowledge] = [
            FakeProvider.issuer: .tokenEndpoint(FakeProvider.tokenEndpoint),
            FakeAuthServer.issuer: .tokenEndpoint("https://tokens.example/token"),
        ]
        func reason(
            _ endpoint: String,
            _ known: [String: IssuerKnowledge],
            _ trust: GatewayTrust = .sample
        ) -> TrustRefusal.Reason? {
            self.reason(rules(trust, known), .todo { $0.authServerTokenEndpoint = endpoint })
        }
        #expect(reason("https://as.example:443/anything", known) == nil)
        #expect(reason("https://tokens.example/token", known) == nil)
        #expect(reason("https://tokens.example/other", known) == .issuerNotTrusted)
        #expect(reason("https://as.example:8443/token", known) == .issuerNotTrusted)
        #expect(reason("https://as.example.evil.example/token", known) == .issuerNotTrusted)
        #expect(reason("http://as.example/token", known) == .insecureURL)
        var trust = GatewayTrust.sample
        trust.authorizationServers = [
            GatewayTrust.AuthorizationServer(
                issuer: FakeAuthServer.issuer,
                tokenEndpoints: ["https://listed.example/t"]
            )
        ]
        #expect(reason("https://listed.example/t", known, trust) == nil)
        trust.authorizationServers[0].issuer = "https://another.example"
        #expect(reason("https://listed.example/t", known, trust) == .issuerNotTrusted)
        var open = known
        open[FakeAuthServer.issuer] = nil
        #expect(reason("https://tokens.example/token", open) == .discoveryFailed)
    }

    @Test("Secrets go over https, and servers may use http only where the configuration says")
    func schemes() {
        func upstream(_ url: String, _ trust: GatewayTrust) -> TrustRefusal.Reason? {
            var route = VersionedRoute.todo().route
            (route.url, route.resource) = (url, url)
            return reason(rules(trust), VersionedRoute(route: route, version: "1"))
        }
        var trust = GatewayTrust.sample
        #expect(upstream("http://todo.team.svc.cluster.local/mcp", trust) == .insecureURL)
        trust.allowHTTP = ["*.svc.cluster.local"]
        #expect(upstream("http://todo.team.svc.cluster.local/mcp", trust) == nil)
        #expect(upstream("http://svc.cluster.local/mcp", trust) == .insecureURL)
        #expect(upstream("http://127.0.0.1:8080/mcp", trust) == .insecureURL)
        trust.allowLoopbackHTTP = true
        #expect(upstream("http://127.0.0.1:8080/mcp", trust) == nil)
        #expect(upstream("ftp://mcp.example/", trust) == .insecureURL)
        trust.identityProviders[0].tokenEndpoints = ["http://idp.example/token", "http://localhost:1/token"]
        #expect(reason(rules(trust), .todo { $0.idpTokenEndpoint = "http://idp.example/token" }) == .insecureURL)
        #expect(reason(rules(trust), .todo { $0.idpTokenEndpoint = "http://localhost:1/token" }) == nil)
        #expect(reason(rules(), .todo { $0.authServerIssuer = "http://as.example" }) == .insecureURL)
    }

    @Test("A token for a resource goes only to servers that lie in it, or that are paired with it")
    func resources() {
        var route = VersionedRoute.todo().route
        route.resource = "api://todo"
        let versioned = VersionedRoute(route: route, version: "1")
        #expect(reason(rules(), versioned) == .resourceMismatch)
        var trust = GatewayTrust.sample
        trust.resources = [GatewayTrust.ResourcePair(resource: "api://todo", urls: [route.url])]
        #expect(reason(rules(trust), versioned) == nil)
        trust.resources[0].urls = [route.url + "/"]
        #expect(reason(rules(trust), versioned) == .resourceMismatch)
    }

    @Test("ID tokens are forwarded only to servers that the configuration names")
    func forwarding() {
        var route = VersionedRoute.todo().route
        route.authentication = .tokenForwarding(RouteAuthentication.TokenForwarding(requiredAudiences: []))
        let versioned = VersionedRoute(route: route, version: "1")
        #expect(reason(rules(), versioned) == .issuerNotTrusted)
        var trust = GatewayTrust.sample
        trust.identityProviders[0].forwardTo = [
            GatewayTrust.ForwardTarget(audience: "a", urls: ["https://mcp.example/"])
        ]
        #expect(reason(rules(trust), versioned) == nil)
        trust.identityProviders[0].forwardTo[0].urls = ["https://mcp.example/tod"]
        #expect(reason(rules(trust), versioned) == .issuerNotTrusted)
    }

    private static let own: JSONObject = [
        "issuer": "https://as.example", "authorization_endpoint": "https://as.example/authorize",
        "token_endpoint": "https://as.example/token", "code_challenge_methods_supported": ["S256"],
    ]

    private func pinnedReason(
        _ route: VersionedRoute,
        _ document: IssuerDocument,
        _ trust: GatewayTrust = .sample
    ) throws -> TrustRefusal.Reason? {
        guard case .authorizationCode(let mode) = route.route.authentication else {
            throw PinnedRouteMissing()
        }
        switch rules(trust).pinnedEndpoints(mode, document: { _ in document }) {
        case .allowed: return nil
        case .refused(let refusal), .undecided(let refusal, _):
            #expect(refusal.message.hasSuffix("."))
            return refusal.reason
        }
    }

    private struct PinnedRouteMissing: Error {}

    @Test("Endpoints that a route pins are reported as they are judged when a user connects")
    func pinnedEndpoints() throws {
        let own = IssuerDocument.read(try AuthorizationServerMetadata(json: .object(Self.own)))
        let evil = "https://evil.example/x"
        #expect(try pinnedReason(VersionedRoute.pinned(), own) == nil)
        for client in [true, false] {
            #expect(try pinnedReason(VersionedRoute.pinned(evil, client: client), own) == .issuerNotTrusted)
            let foreignToken = VersionedRoute.pinned("https://as.example/authorize", evil, client: client)
            #expect(try pinnedReason(foreignToken, own) == .issuerNotTrusted)
        }
        let beside = ("https://as.example/v2/a", "https://as.example/v2/t")
        #expect(try pinnedReason(VersionedRoute.pinned(beside.0, beside.1), own) == .issuerNotTrusted)
        #expect(try pinnedReason(VersionedRoute.pinned(beside.0, beside.1, client: true), own) == nil)
        let query = VersionedRoute.pinned("https://as.example/authorize?audience=x", client: true)
        #expect(try pinnedReason(query, own) == .issuerNotTrusted)
        #expect(
            try pinnedReason(VersionedRoute.pinned("http://as.example/authorize", client: true), own) == .insecureURL
        )
        var trust = GatewayTrust.sample
        trust.authorizationServers = [
            GatewayTrust.AuthorizationServer(issuer: "https://as.example", tokenEndpoints: [evil])
        ]
        #expect(try pinnedReason(VersionedRoute.pinned("https://as.example/authorize", evil), own, trust) == nil)
        trust = .sample
        trust.identityProviders.append(
            GatewayTrust.IdentityProvider(issuer: "https://as.example", bearerAudiences: ["sallyport"])
        )
        #expect(
            try pinnedReason(VersionedRoute.pinned(beside.0, beside.1, client: true), own, trust) == .issuerNotTrusted
        )
    }

    @Test("An issuer is asked only where its answer decides, and a route is not refused before there is one")
    func pinnedKnowledge() throws {
        for document in [IssuerDocument.unasked, .unavailable("Away."), .absent("It has none.")] {
            #expect(try pinnedReason(VersionedRoute.pinned(client: true), document) == nil)
        }
        #expect(try pinnedReason(VersionedRoute.pinned(), .unasked) == nil)
        #expect(try pinnedReason(VersionedRoute.pinned(), .unavailable("Away.")) == .discoveryFailed)
        #expect(try pinnedReason(VersionedRoute.pinned(), .absent("It has none.")) == .issuerNotTrusted)
    }

    @Test("The operator is told of pinned endpoints that no user could connect with")
    func pinnedReport() async throws {
        try await withWorld { world in
            world.authServer.serveMetadata(Self.own)
            let judge = TrustingJudge(trust: .sample, directory: world.directory)
            let bad = VersionedRoute.pinned("https://evil.example/x", client: true)
            try await until("the metadata is known") { judge.judge(bad) != .applied }
            guard case .rejected(let reason, let message) = judge.judge(bad) else {
                Issue.record("It is applied")
                return
            }
            #expect(reason == "IssuerNotTrusted")
            #expect(message.contains("'https://evil.example/x'") && message.hasSuffix("."))
            #expect(judge.judge(VersionedRoute.pinned()) == .applied)
        }
    }

    @Test("A transport that is not known is refused, whatever its mode")
    func transport() {
        var route = VersionedRoute.todo().route
        (route.type, route.authentication) = ("sse", .none)
        #expect(reason(rules(), VersionedRoute(route: route, version: "1")) == .unsupportedType)
    }

    @Test("A refusal is reported with its reason and a sentence that says what to do")
    func report() async throws {
        try await withWorld { world in
            let judge = TrustingJudge(trust: .sample, directory: world.directory)
            #expect(judge.judge(.todo()) == .applied)
            guard
                case .rejected(let reason, let message) = judge.judge(
                    .todo { $0.idpTokenEndpoint = "https://evil.example/t" }
                )
            else {
                Issue.record("It is applied")
                return
            }
            #expect(reason == "IssuerNotTrusted")
            #expect(message.contains("'https://evil.example/t'") && message.hasSuffix("."))
            // One that needs the metadata of its authorization server is decided once that is known.
            let open = VersionedRoute.todo { $0.authServerTokenEndpoint = "https://tokens.example/t" }
            world.authServer.serveMetadata([
                "issuer": "https://as.example", "token_endpoint": "https://tokens.example/t",
            ])
            #expect(judge.judge(open) != .applied)
            try await until("the metadata is known") { judge.judge(open) == .applied }
        }
    }
}

@Suite("Resource rule")
struct ResourceRuleTests {
    @Test(
        "A server lies in a resource of its own origin whose path is a prefix in whole segments",
        arguments: [
            ("https://mcp.example/mcp", "https://mcp.example/mcp", true),
            ("https://mcp.example", "https://mcp.example/mcp", true),
            ("https://mcp.example/", "https://mcp.example/mcp", true),
            ("https://mcp.example/a/", "https://mcp.example/a/b", true),
            ("https://mcp.example/a", "https://mcp.example/a/b", true),
            ("https://MCP.example:443/a", "https://mcp.example/a", true),
            ("https://mcp.example/a", "https://mcp.example/a?x=1", true),
            ("https://mcp.example/mc", "https://mcp.example/mcp", false),
            ("https://mcp.example/mcp/", "https://mcp.example/mcp", false),
            ("https://mcp.example/MCP", "https://mcp.example/mcp", false),
            ("http://mcp.example/mcp", "https://mcp.example/mcp", false),
            ("https://mcp.example:8443/mcp", "https://mcp.example/mcp", false),
            ("https://mcp.example.evil.example/", "https://mcp.example/mcp", false),
            ("https://mcp.example/mcp?x", "https://mcp.example/mcp", false),
            ("https://mcp.example/mcp#x", "https://mcp.example/mcp", false),
            ("https://user@mcp.example/mcp", "https://mcp.example/mcp", false),
            ("https://mcp.example/a", "https://mcp.example/a/../b", false),
            ("https://mcp.example/a", "https://mcp.example/a/%2e%2E/b", false),
            ("https://mcp.example/a", "https://mcp.example/a%2fb", false),
            ("https://mcp.example/a", "https://mcp.example/a/..%5cb", false),
            ("api://todo", "api://todo", false), ("", "", false),
        ]
    )
    func rule(_ resource: String, _ server: String, _ matches: Bool) {
        #expect(ResourceRule.matches(resource: resource, server: server) == matches)
    }
}
