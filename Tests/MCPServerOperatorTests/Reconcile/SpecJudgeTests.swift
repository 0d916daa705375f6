// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import MCPServerAPI
import RouteTable
import Testing

@testable import MCPServerOperator

@Suite("Spec judge")
struct SpecJudgeTests {
    @Test("an exchange by the gateway's own client is refused in Ready, until exchangeTo lists its audience and server")
    func exchange() async throws {
        let manifest = Manifest.server(
            auth: "{tokenExchange: {enabled: true, dexTokenEndpoint: 'https://idp.example/token', connectorId: corp}, "
                + "requiredAudiences: [tools]}"
        )
        let refused = OperatorWorld()
        try refused.apply(manifest)
        try await refused.reconcile()
        #expect(refused.reason(.accepted) == "IssuerNotTrusted")
        #expect(refused.reason(.ready) == "IssuerNotTrusted")
        #expect(refused.status?.condition(.ready)?.status == .false)
        #expect(refused.message(.ready).contains("'tools'") && refused.message(.ready).contains("exchangeTo"))
        #expect(refused.status?.state == "Failed")
        #expect(refused.route == nil)
        var trust = TrustConfiguration.corporate
        trust.identityProviders[0].exchangeTo = [
            TrustConfiguration.ForwardTarget(audience: "tools", urls: ["https://todo.example/"])
        ]
        let allowed = OperatorWorld(trust: trust)
        try allowed.apply(manifest)
        try await allowed.reconcile()
        #expect(allowed.reason(.ready) == "Ready")
        #expect(allowed.route != nil)
    }

    /// A server whose users consent, with endpoints in its resource.
    private static func consenting(
        _ authorization: String,
        _ token: String = "https://as.example/token",
        client: Bool = true,
        issuer: String = "https://as.example"
    ) -> String {
        let reference = client ? ", clientCredentialsSecretRef: {name: todo-client}" : ""
        return Manifest.server(
            auth: "{type: oauth, authorizationServer: {issuer: '\(issuer)', authorizationEndpoint: '\(authorization)', "
                + "tokenEndpoint: '\(token)'\(reference)}}"
        )
    }

    private func makeWorld(_ manifest: String, trust: TrustConfiguration = .corporate) throws -> OperatorWorld {
        let world = OperatorWorld(trust: trust)
        try world.apply(manifest)
        world.put(.todoClient, ["client-id": "todo", "client-secret": "t0do-canary"])
        return world
    }

    @Test("endpoints that a resource pins are judged before a user connects, and refused in Ready")
    func pinned() async throws {
        let refused = try makeWorld(Self.consenting("https://evil.example/authorize"))
        refused.with { state in
            state.resourceIssuers["https://as.example"] = ResourceIssuerMetadata(
                state: .known(
                    ProviderMetadata(
                        issuer: "https://as.example",
                        tokenEndpoint: "https://as.example/token",
                        authorizationEndpoint: "https://as.example/authorize"
                    )
                )
            )
        }
        try await refused.reconcile()
        #expect(refused.reason(.ready) == "IssuerNotTrusted")
        #expect(refused.message(.ready).contains("'https://evil.example/authorize'"))
        #expect(refused.message(.ready).contains("names 'https://as.example/authorize'"))
        #expect(refused.status?.state == "Failed")
        #expect(refused.route == nil)
        #expect(refused.with { $0.askedIssuers } == ["https://as.example"])
    }

    @Test("metadata that is out of reach leaves pinned endpoints open, and is asked for again")
    func openPin() async throws {
        let world = try makeWorld(Self.consenting("https://as.example/authorize", client: false))
        world.with {
            $0.resourceIssuers["https://as.example"] = ResourceIssuerMetadata(
                state: .unavailable("It is down."),
                retryAfter: .seconds(4)
            )
        }
        #expect(try await world.reconcile() == .requeue(after: .seconds(4)))
        #expect(world.reason(.ready) == "DiscoveryFailed")
        #expect(world.message(.accepted).contains("It is down."))
        #expect(world.route == nil)
    }

    @Test("a client of the server's own chooses endpoints where its issuer is, without that one being asked")
    func ownPin() async throws {
        let world = try makeWorld(Self.consenting("https://as.example/v2/authorize", "https://as.example:443/v2/token"))
        try await world.reconcile()
        #expect(world.reason(.ready) == "Ready")
        #expect(world.with { $0.askedIssuers } == [])
        guard case .authorizationCode(let mode)? = world.route?.authentication else {
            Issue.record("there is no such route")
            return
        }
        #expect(mode.authorizationEndpoint == "https://as.example/v2/authorize")
        #expect(mode.tokenEndpoint == "https://as.example:443/v2/token")
    }

    @Test(
        "pinned endpoints must be URLs that a browser and a code may be sent to",
        arguments: [
            "http://as.example/authorize", "https://as.example/authorize#top", "https://user:pw@as.example/authorize",
            "http://127.0.0.1:8080/authorize", "/authorize",
        ]
    )
    func unusablePin(endpoint: String) async throws {
        let world = try makeWorld(Self.consenting(endpoint))
        try await world.reconcile()
        #expect(world.reason(.ready) == "InvalidSpec")
        #expect(world.message(.ready).contains("authorizationEndpoint"))
        #expect(!world.message(.ready).contains("pw@"))
        var trust = TrustConfiguration.corporate
        trust.egress.allowLoopbackHTTP = true
        let onLoopback = try makeWorld(
            Self.consenting(endpoint, "http://127.0.0.1:8080/token", issuer: "http://127.0.0.1:8080"),
            trust: trust
        )
        try await onLoopback.reconcile()
        let isLoopback = endpoint.hasPrefix("http://127.0.0.1")
        #expect((onLoopback.reason(.ready) == "Ready") == isLoopback)
    }
}
