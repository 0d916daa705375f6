// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Curl
import HTTPTransport
import KubernetesAPI
import KubernetesClient
import KubernetesTesting
import Logging
import TestSupport
import Testing

@testable import MCPServerOperator

/// An operator whose rights end at some namespaces, over real sockets.
@Suite("Faults of rights", .timeLimit(.minutes(10)))
struct NamespaceFaultTests {
    private static let namespaces = (1...5).map { "team-\($0)" }

    @Test("T74: an operator of five namespaces lists and watches those five, and nothing of the whole cluster")
    func holds() async throws {
        let paths = try await Self.watchedPaths(configured: Self.namespaces)
        #expect(Self.violations(paths).isEmpty)
    }

    @Test("T74: an operator of all namespaces fails the same case, so it can fail")
    func negativeControl() async throws {
        let paths = try await Self.watchedPaths(configured: [])
        #expect(!Self.violations(paths).isEmpty)
    }

    private static func violations(_ paths: [String]) -> [String] {
        let expected = namespaces.flatMap { namespace in
            [
                "/api/v1/namespaces/\(namespace)/secrets",
                "/apis/gateway.networking.k8s.io/v1beta1/namespaces/\(namespace)/referencegrants",
                "/apis/mcp.giantswarm.io/v1alpha1/namespaces/\(namespace)/mcpservers",
            ]
        }
        let missing = Set(expected).subtracting(paths).map { "nobody watched \($0)" }
        return missing + Set(paths).subtracting(expected).map { "somebody asked for \($0)" }
    }

    /// Runs an operator until it watches all it means to.
    ///
    /// - Returns: The path of every request, whatever its kind.
    private static func watchedPaths(configured: [String]) async throws -> [String] {
        let model = ObjectModel(apiVersion: "any/v1", kind: "Any")
        return try await ScriptedAPIServer.withServer { request, _ in
            model.answer(request)
        } _: { server in
            let transport = try CurlTransport()
            let time = SkippingClock()
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let client = try ClusterClient(
                configuration: ClusterConfiguration(server: HTTPURL(server.url)),
                transport: PatientTransport(transport),
                userAgent: "test",
                clock: time,
                logger: logger,
                metrics: NOOPMetricsHandler.instance
            )
            let clusterOperator = try ClusterOperator(
                configuration: OperatorConfiguration(watchNamespaces: configured),
                trust: .corporate,
                client: client,
                instance: "test",
                dependencies: OperatorDependencies(
                    transport: transport,
                    cryptography: .fake,
                    metrics: NOOPMetricsHandler.instance,
                    logger: logger,
                    time: OperatorTime(clock: time) { .zero }
                )
            )
            let watches = 3 * max(1, configured.count)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await clusterOperator.run() }
                // By path: no wait is real, so one watch may begin anew before another one begins.
                let isFollowing = await eventually {
                    Set(server.requests.filter(\.isWatch).map(\.path)).count >= watches
                }
                #expect(isFollowing)
                group.cancelAll()
                try await group.waitForAll()
            }
            await transport.shutdown()
            return server.requests.map(\.path)
        }
    }
}
