// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import HTTPTransport
import KubernetesAPI
import KubernetesClient
import Logging
import RouteTable
import TestSupport
import Testing

@testable import MCPServerOperator

/// The whole operator against an API server in memory; each test waits for what it expects, never for a time.
@Suite("Cluster operator", .timeLimit(.minutes(10)))
struct ClusterOperatorTests {
    static let nowhere = ScriptedHTTPClientFactory(ScriptedHTTPClient { _ in IncomingResponse(status: 500) })

    static func make(
        _ cluster: FakeCluster,
        configuration: OperatorConfiguration = OperatorConfiguration(),
        clock: any Clock<Duration> = ContinuousClock(),
        sinceEpoch: @escaping @Sendable () -> Duration = { .seconds(1_700_000_000) },
        mayWrite: @escaping @Sendable () -> Bool = { true }
    ) throws -> ClusterOperator {
        let logger = FolderOperatorTests.quiet
        let client = try ClusterClient(
            configuration: ClusterConfiguration(server: HTTPURL("https://api.example:6443")),
            transport: cluster,
            userAgent: "sallyport/test",
            clock: ContinuousClock(),
            logger: logger,
            metrics: NOOPMetricsHandler.instance
        )
        return try ClusterOperator(
            configuration: configuration,
            trust: .corporate,
            client: client,
            instance: "test",
            mayWrite: mayWrite,
            dependencies: OperatorDependencies(
                transport: nowhere,
                cryptography: .fake,
                metrics: NOOPMetricsHandler.instance,
                logger: logger,
                time: OperatorTime(clock: clock, sinceEpoch: sinceEpoch)
            )
        )
    }

    /// Runs the operator until `body` returns.
    func running(
        _ cluster: FakeCluster,
        configuration: OperatorConfiguration = OperatorConfiguration(),
        _ body: (ClusterOperator) async throws -> Void
    ) async throws {
        let made = try Self.make(cluster, configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await made.run() }
            try await body(made)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Returns once something holds; fails when that takes unreasonably long.
    func wait(
        sourceLocation: SourceLocation = #_sourceLocation,
        until holds: @Sendable () -> Bool
    ) async throws {
        try #require(await eventually(holds), sourceLocation: sourceLocation)
    }

    static let secrets = FolderOperatorTests.secrets

    @Test("a server and its Secrets become a route and one status patch; a restart writes nothing")
    func published() async throws {
        let cluster = FakeCluster()
        cluster.fail("referencegrants", with: 404)
        try cluster.apply(Self.secrets)
        try cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: other, namespace: team-a}}")
        try cluster.apply(Manifest.plain)
        try await running(cluster) { made in
            try await wait { cluster.reason("Programmed") == "NoGateway" }
            #expect(made.routes.snapshot.count == 1)
            try await wait { made.readiness == OperatorReadiness(isReady: true, problems: []) }
        }
        #expect(cluster.count("PATCH") == 1)
        #expect(cluster.count("GET secrets team-a/idp") == 1)
        #expect(cluster.count("GET secrets team-a/other") == 0)
        try await running(cluster) { made in
            try await wait { made.routes.snapshot.count == 1 }
        }
        #expect(cluster.count("PATCH") == 1)
    }

    @Test("a Secret created, rotated and deleted later reaches the server with no other trigger")
    func lateSecrets() async throws {
        let cluster = FakeCluster()
        try cluster.apply(Manifest.plain)
        try await running(cluster) { made in
            try await wait { cluster.reason("ResolvedRefs") == "SecretNotFound" }
            try cluster.apply(Self.secrets)
            try await wait { made.routes.snapshot.count == 1 }
            let version = made.routes[RouteKey(.todo)]?.version
            try cluster.apply(Self.secrets.replacing("client-secret: a", with: "client-secret: c"))
            try await wait { made.routes[RouteKey(.todo)]?.version != version }
            cluster.delete("secrets", .credentials)
            try await wait { made.routes.snapshot.count == 0 }
            try await wait { cluster.reason("ResolvedRefs") == "SecretNotFound" }
            // Not found, resolved, and not found again, which makes a series of the first.
            try await wait { cluster.count("POST events") == 2 && cluster.count("PATCH events") == 1 }
        }
    }

    @Test("a server that no longer decodes says so, once, and the others go on")
    func undecodable() async throws {
        let cluster = FakeCluster()
        let other = ObjectKey(namespace: "team-a", name: "other")
        try cluster.apply(Manifest.server(auth: nil).replacing("url: https://todo.example/mcp", with: "url: 7"))
        try cluster.apply(Manifest.server(auth: nil).replacing("name: todo", with: "name: other"))
        try await running(cluster) { _ in
            try await wait {
                cluster.reason("Accepted") == "InvalidSpec" && cluster.reason("Accepted", of: other) == "Accepted"
            }
        }
        #expect(cluster.count("PATCH") == 2)
        try await running(cluster) { made in
            try await wait { made.routes.snapshot.count == 1 && cluster.count("GET mcpservers team-a/todo") > 1 }
        }
        #expect(cluster.count("PATCH") == 2)
    }

    @Test("without the right to list Secrets, servers that need one say so and the others work")
    func secretsForbidden() async throws {
        let cluster = FakeCluster()
        let other = ObjectKey(namespace: "team-a", name: "other")
        cluster.fail("secrets", with: 403)
        try cluster.apply(Manifest.plain)
        try cluster.apply(Manifest.server(auth: nil).replacing("name: todo", with: "name: other"))
        try await running(cluster) { made in
            try await wait { cluster.reason("ResolvedRefs") == "SecretAccessDenied" }
            try await wait { cluster.reason("Accepted", of: other) == "Accepted" }
            #expect(made.routes.snapshot.sorted.map(\.route.key.name) == ["other"])
            #expect(!made.readiness.isReady)
            #expect(made.readiness.problems.contains { $0.contains("scripted 403") })
        }
    }

    @Test("a grant created later permits what was refused, and its deletion takes the route away")
    func grants() async throws {
        let cluster = FakeCluster()
        try cluster.apply(ReferenceTests.shared("{name: idp, namespace: vault}"))
        try cluster.apply(
            """
            apiVersion: v1
            kind: Secret
            metadata:
              name: idp
              namespace: vault
              annotations:
                mcp.giantswarm.io/token-endpoints: https://idp.example/token https://auth.todo.example/token
            stringData: {client-id: sallyport, client-secret: a, mcp-client-id: todo, mcp-client-secret: b}
            """
        )
        let grant = """
            apiVersion: gateway.networking.k8s.io/v1beta1
            kind: ReferenceGrant
            metadata: {name: g, namespace: vault}
            spec:
              from: [{group: mcp.giantswarm.io, kind: MCPServer, namespace: team-a}]
              to: [{group: "", kind: Secret}]
            """
        try await running(cluster) { _ in
            try await wait { cluster.reason("ResolvedRefs") == "RefNotPermitted" }
            #expect(cluster.count("GET secrets vault/idp") == 0)
            try cluster.apply(grant)
            try await wait { cluster.reason("ResolvedRefs") == "ResolvedRefs" }
            cluster.delete("referencegrants", ObjectKey(namespace: "vault", name: "g"))
            try await wait { cluster.reason("ResolvedRefs") == "RefNotPermitted" }
        }
    }

    @Test("only the namespaces to watch are asked for")
    func namespaces() async throws {
        let cluster = FakeCluster()
        let made = OperatorConfiguration(watchNamespaces: ["team-a", "team-b"])
        try await running(cluster, configuration: made) { made in
            try await wait { made.readiness.isReady }
        }
        #expect(cluster.count("LIST secrets") == 2)
        #expect(cluster.count("LIST mcpservers") == 2)
    }
}
