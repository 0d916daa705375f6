// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import JSON
import KubernetesAPI
import MCPServerAPI
import RouteTable
import Testing

@testable import MCPServerOperator

@Suite("MCPServer reconciler", .timeLimit(.minutes(10)))
struct ReconcilerTests {
    /// A world in which `team-a/todo` is fine.
    static func healthy(countsAsGateway: Bool = true) throws -> OperatorWorld {
        let world = OperatorWorld(countsAsGateway: countsAsGateway)
        try world.apply(Manifest.plain)
        world.put(.credentials, ["client-id": "sallyport", "client-secret": "s3cret-canary"])
        world.put(.todoClient, ["client-id": "todo", "client-secret": "t0do-canary"])
        return world
    }

    @Test("a valid server with its Secrets is published, and every condition says so")
    func published() async throws {
        let world = try Self.healthy()
        #expect(try await world.reconcile() == .settled)
        let status = try #require(world.status)
        #expect(ConditionType.allCases.map { status.condition($0)?.status } == [.true, .true, .true, .true])
        #expect(status.state == "Connected")
        #expect(status.authMode == "enterpriseIdP")
        #expect(status.lastError == nil)
        #expect(status.observedGeneration == 1)
        #expect(status.credentials?.idp?.secret == "idp")
        #expect(status.credentials?.authServer?.secret == "todo-client")
        let route = try #require(world.route)
        guard case .enterpriseIdP(let mode) = route.authentication else {
            Issue.record("the route has another mode")
            return
        }
        #expect(mode.idpTokenEndpoint == "https://idp.example/token")
        #expect(mode.idpIssuer == "https://idp.example")
        #expect(mode.idpClient?.id == "sallyport")
        #expect(mode.authServerClient.id == "todo")
        #expect(route.resource == "https://todo.example/mcp")
    }

    @Test("a second run writes nothing, publishes nothing and tells nothing")
    func idempotent() async throws {
        let world = try Self.healthy()
        try await world.reconcile()
        let revision = world.routes.snapshot.revision
        try await world.reconcile()
        #expect(world.writeCount == 1)
        #expect(world.routes.snapshot.revision == revision)
        #expect(world.events.count == 1)
    }

    @Test(
        "a second run writes nothing, whatever is wrong",
        arguments: [
            Manifest.server(auth: "{}"), Manifest.server(auth: nil), Manifest.server(auth: nil, type: "sse"),
            Manifest.plain, Manifest.enterprise("idpIssuer: https://evil.example"),
            Manifest.enterprise("idpTokenEndpoint: https://idp.example/token", suspended: true),
            Manifest.server(auth: "{forwardToken: true}"), Manifest.server(auth: nil, url: "http://todo.example"),
        ]
    )
    func idempotentWhenBroken(manifest: String) async throws {
        let world = OperatorWorld()
        try world.apply(manifest)
        try await world.reconcile()
        try await world.reconcile()
        #expect(world.writeCount == 1)
    }

    @Test("a run between a write and its echo does not write again")
    func laggingWatch() async throws {
        let world = try Self.healthy()
        world.with { $0.echoes = false }
        try await world.reconcile()
        try await world.reconcile()
        #expect(world.writeCount == 1)
    }

    @Test("in a cluster without a gateway the route waits for one")
    func noGateway() async throws {
        let world = try Self.healthy(countsAsGateway: false)
        try await world.reconcile()
        #expect(world.reason(.programmed) == "NoGateway")
        #expect(world.status?.condition(.programmed)?.status == .unknown)
        #expect(world.reason(.ready) == "NoGateway")
        #expect(world.status?.state == "Disconnected")
        #expect(world.route != nil)
    }

    @Test("a deleted server is withdrawn and its status left alone")
    func deleted() async throws {
        let world = try Self.healthy()
        try await world.reconcile()
        world.with { $0.servers[.todo] = nil }
        #expect(try await world.reconcile() == .settled)
        #expect(world.route == nil)
        #expect(world.writeCount == 1)
    }

    @Test("a server that is being deleted is withdrawn")
    func terminating() async throws {
        let world = try Self.healthy()
        try await world.reconcile()
        world.change { $0.metadata.deletionTimestamp = "2026-01-01T00:00:00Z" }
        try await world.reconcile()
        #expect(world.route == nil)
        #expect(world.writeCount == 1)
    }

    @Test("a spec that becomes invalid takes the route away, and both conditions are still evaluated")
    func becomesInvalid() async throws {
        let world = try Self.healthy()
        try await world.reconcile()
        world.with { $0.secrets[.credentials] = nil }
        try world.apply(
            Manifest.enterprise("idpIssuer: https://evil.example", "clientCredentialsSecretRef: {name: idp}")
        )
        try await world.reconcile()
        #expect(world.route == nil)
        #expect(world.reason(.accepted) != "Accepted")
        #expect(world.reason(.resolvedRefs) == "SecretNotFound")
        #expect(world.reason(.programmed) == "Withheld")
        #expect(world.reason(.ready) == world.reason(.accepted))
        #expect(world.status?.state == "Failed")
        #expect(world.status?.lastError == world.message(.accepted))
        #expect(world.status?.observedGeneration == 2)
    }

    @Test("a suspended server is withdrawn and stopped")
    func suspended() async throws {
        let world = try Self.healthy()
        try await world.reconcile()
        world.change { record in
            guard case .spec(var spec) = record.content else { return }
            spec.suspended = true
            record.content = .spec(spec)
        }
        try await world.reconcile()
        #expect(world.route == nil)
        #expect(world.reason(.programmed) == "Suspended")
        #expect(world.reason(.ready) == "Suspended")
        #expect(world.status?.state == "Stopped")
        #expect(world.events.last?.reason == "Suspended")
        #expect(world.events.last?.isWarning == false)
    }

    @Test("a fault of the API server is thrown, and keeps the last good route and status")
    func transientFault() async throws {
        let world = try Self.healthy()
        try await world.reconcile()
        world.with { $0.failure = APIError(.internalError, "Could not get it.", status: 500) }
        await #expect(throws: APIError.self) { try await world.reconcile() }
        #expect(world.route != nil)
        #expect(world.writeCount == 1)
    }

    @Test("a fault of the API server does not keep a route that the spec no longer permits")
    func transientFaultOfAnInvalidSpec() async throws {
        let world = try Self.healthy()
        try await world.reconcile()
        try world.apply(
            Manifest.enterprise("idpIssuer: https://evil.example", "clientCredentialsSecretRef: {name: idp}")
        )
        world.with { $0.failure = APIError(.internalError, "Could not get it.", status: 500) }
        await #expect(throws: APIError.self) { try await world.reconcile() }
        #expect(world.route == nil)
    }

    @Test("a refused read keeps the last good route, says so and is tried again")
    func denied() async throws {
        let world = try Self.healthy()
        try await world.reconcile()
        world.with { $0.denied = [.credentials] }
        #expect(try await world.reconcile() == .requeue(after: RouteReconciler.deniedRetry))
        #expect(world.reason(.resolvedRefs) == "SecretAccessDenied")
        #expect(world.status?.condition(.resolvedRefs)?.status == .unknown)
        #expect(world.status?.state == "Connecting")
        #expect(world.route != nil)
        #expect(world.reason(.programmed) == "Published")
    }

    @Test("discovery out of reach keeps the last good route, and a missing Secret takes it away all the same")
    func discoveryFailed() async throws {
        let world = try Self.healthy()
        world.with { state in
            state.configuredIssuers = [
                "https://idp.example": .known(
                    ProviderMetadata(issuer: "https://idp.example", tokenEndpoint: "https://idp.example/discovered")
                )
            ]
        }
        try world.apply(Manifest.plain.replacing("https://idp.example/token", with: "https://idp.example/discovered"))
        try await world.reconcile()
        #expect(world.route != nil)
        world.with { $0.configuredIssuers = ["https://idp.example": .unavailable("It is down.")] }
        try await world.reconcile()
        #expect(world.reason(.accepted) == "DiscoveryFailed")
        #expect(world.status?.condition(.accepted)?.status == .unknown)
        #expect(world.message(.accepted) == "It is down.")
        #expect(world.route != nil)
        world.with { $0.secrets[.credentials] = nil }
        try await world.reconcile()
        #expect(world.route == nil)
    }

    @Test("a configured issuer's metadata is never asked for because a resource names it")
    func configuredIssuerIsNotFetched() async throws {
        let world = try Self.healthy()
        try world.apply(
            Manifest.enterprise("idpIssuer: https://idp.example", "clientCredentialsSecretRef: {name: idp}")
        )
        try await world.reconcile()
        #expect(world.reason(.accepted) == "DiscoveryFailed")
        #expect(world.with { $0.askedIssuers } == [])
    }

    @Test("an authorization server that does not answer is asked again when its cache entry ends")
    func resourceIssuer() async throws {
        let world = try Self.healthy()
        try world.apply(
            Manifest.enterprise(
                "idpTokenEndpoint: https://idp.example/token",
                "clientCredentialsSecretRef: {name: idp}",
                "mcpAuthServerTokenEndpoint: https://tokens.example/t",
                "mcpAuthServerClient: {clientCredentialsSecretRef: {name: todo-client}}"
            )
        )
        let issuer = "https://auth.todo.example"
        world.with {
            $0.resourceIssuers[issuer] = ResourceIssuerMetadata(state: .unavailable("Down."), retryAfter: .seconds(4))
        }
        #expect(try await world.reconcile() == .requeue(after: .seconds(4)))
        #expect(world.reason(.accepted) == "DiscoveryFailed")
        world.with {
            $0.resourceIssuers[issuer] = ResourceIssuerMetadata(
                state: .known(ProviderMetadata(issuer: issuer, tokenEndpoint: "https://tokens.example/t"))
            )
        }
        #expect(try await world.reconcile() == .settled)
        #expect(world.reason(.accepted) == "Accepted")
    }

    @Test("a resource that cannot be decoded names the field and has no route")
    func undecodable() async throws {
        let world = try Self.healthy()
        try await world.reconcile()
        world.change { $0.content = .undecodable(.init(at: .field("spec", "url"), "must be a string, not an integer")) }
        try await world.reconcile()
        #expect(world.reason(.accepted) == "InvalidSpec")
        #expect(world.message(.accepted).contains("spec.url must be a string"))
        #expect(world.route == nil)
        try await world.reconcile()
        #expect(world.writeCount == 2)
    }

    @Test("a condition about a newer generation is not overwritten")
    func newerObserver() async throws {
        let world = try Self.healthy()
        try await world.reconcile()
        try world.apply(Manifest.server(auth: "{}"))
        try await world.reconcile()
        world.change { $0.metadata.generation = 1 }
        try await world.reconcile()
        #expect(world.writeCount == 2)
    }

    @Test("a Secret that comes late completes the server, and its rotation is a new version")
    func lateSecret() async throws {
        let world = OperatorWorld()
        try world.apply(Manifest.plain)
        world.put(.todoClient, ["client-id": "todo", "client-secret": "one"])
        try await world.reconcile()
        #expect(world.reason(.resolvedRefs) == "SecretNotFound")
        world.put(.credentials, ["client-id": "sallyport", "client-secret": "one"])
        try await world.reconcile()
        #expect(world.reason(.ready) == "Ready")
        let before = world.routes[RouteKey(.todo)]?.version
        let resourceVersion = world.status?.credentials?.idp?.resourceVersion
        world.put(.credentials, ["client-id": "sallyport", "client-secret": "two"])
        try await world.reconcile()
        #expect(world.routes[RouteKey(.todo)]?.version != before)
        #expect(world.status?.credentials?.idp?.resourceVersion != resourceVersion)
    }

    @Test("events tell of transitions, once each")
    func events() async throws {
        let world = OperatorWorld()
        try world.apply(Manifest.plain)
        try await world.reconcile()
        #expect(world.events.map(\.reason) == ["SecretNotFound"])
        world.put(.credentials, ["client-id": "sallyport", "client-secret": "one"])
        world.put(.todoClient, ["client-id": "todo", "client-secret": "one"])
        try await world.reconcile()
        try await world.reconcile()
        #expect(world.events.map(\.reason) == ["SecretNotFound", "ResolvedRefs", "Ready"])
        #expect(world.events.map(\.isWarning) == [true, false, false])
    }

    @Test("no secret is in a status, an event or a printed route")
    func noSecretLeaks() async throws {
        let world = try Self.healthy()
        try await world.reconcile()
        let route = try #require(world.route)
        let output = "\(String(describing: world.status?.json)) \(world.events) \(route)"
        #expect(!output.contains("canary"))
    }
}
