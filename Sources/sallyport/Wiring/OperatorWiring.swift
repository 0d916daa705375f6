// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import FoundationEssentials
import Glibc
import HTTPTransport
import KubernetesAPI
import KubernetesClient
import Logging
import MCPServerOperator
import ServiceLifecycle

/// Puts the operator of a cluster together from a configuration.
struct OperatorWiring {
    let launch: Launch
    let cluster: ClusterConfiguration
    let transport: any HTTPClientFactory
    let watchNamespaces: [String]

    /// Health first, so that probes are answered while everything else starts; the operator last, so that nothing is
    /// written any more when the Lease is released.
    ///
    /// - Throws: ``CommandFailure`` when the cluster's configuration cannot be used.
    func services() throws -> [any Service] {
        let client = try client(purpose: nil)
        let elector = try elector()
        let clusterOperator = try clusterOperator(client, elector)
        let publication = publication(of: clusterOperator, client)
        var checks = [
            ReadinessCheck("operator") {
                let readiness = clusterOperator.readiness
                return ReadinessCheck.Verdict(isReady: readiness.isReady, problems: readiness.problems)
            }
        ]
        if let publication { checks.append(publication.readinessCheck) }
        if let elector {
            // Problems do not make it unready: its stream is as good as any other replica's.
            checks.append(
                ReadinessCheck("leader election") {
                    ReadinessCheck.Verdict(isReady: true, problems: elector.problems)
                }
            )
        }
        let health = HealthServer(
            address: launch.configuration.healthListen ?? ListenAddress(host: "0.0.0.0", port: 8_081),
            checks: checks,
            metrics: launch.metrics,
            logger: launch.logger("health")
        )
        let leadership = elector.map { LeadershipService(elector: $0, clusterOperator: clusterOperator) }
        let services: [(any Service)?] = [
            health, leadership, publication, OperatorService(clusterOperator: clusterOperator),
        ]
        return services.compactMap(\.self)
    }

    private var instance: String {
        launch.environment["POD_NAME"] ?? launch.environment["HOSTNAME"] ?? "sallyport"
    }

    /// A client of its own for each purpose, so that long answers of one do not keep another waiting.
    private func client(purpose: String?) throws(CommandFailure) -> ClusterClient {
        do {
            return try ClusterClient(
                configuration: cluster,
                transport: transport,
                userAgent: ProgramVersion.userAgent + (purpose.map { " \($0)" } ?? ""),
                clock: ContinuousClock(),
                logger: launch.logger("operator"),
                metrics: launch.metrics
            )
        } catch {
            throw CommandFailure(.unusable, "\(error)")
        }
    }

    private func clusterOperator(_ client: ClusterClient, _ elector: LeaderElector?) throws -> ClusterOperator {
        var operation = launch.configuration.operation
        operation.watchNamespaces = watchNamespaces
        return try ClusterOperator(
            configuration: operation,
            trust: launch.configuration.trust,
            client: client,
            instance: instance,
            mayWrite: { elector?.isLeader ?? true },
            dependencies: OperatorDependencies(
                transport: transport,
                cryptography: .openSSL,
                metrics: launch.metrics,
                logger: launch.logger("operator"),
                time: .system
            )
        )
    }

    private func elector() throws -> LeaderElector? {
        guard let lease = launch.configuration.leaderElection.lease(in: cluster) else { return nil }
        var random = SystemRandomNumberGenerator()
        return LeaderElector(
            LeaseClient(lease, client: try client(purpose: "leader-election")),
            key: lease,
            identity: LeaderElector.identity(podName: instance, using: &random),
            metrics: launch.metrics,
            logger: launch.logger("leader-election"),
            now: { MicroTime(sinceEpoch: OperatorTime.system.sinceEpoch()) },
            workOutlivedLeadership: { _exit(CommandFailure.Code.failed.rawValue) }
        )
    }

    /// The route stream, if the configuration speaks of it.
    private func publication(of clusterOperator: ClusterOperator, _ client: ClusterClient) -> PublicationService? {
        guard let publication = launch.configuration.publication else { return nil }
        let logger = launch.logger("route-stream")
        let certificate: any ServingCertificateSource
        if let files = publication.certificateFiles {
            certificate = FileServingCertificate(
                certificateFile: files.certificate,
                privateKeyFile: files.privateKey,
                time: .system,
                logger: logger
            )
        } else {
            certificate = ClusterServingCertificate(
                client: client,
                namespace: launch.configuration.leaderElection.namespace ?? cluster.namespace,
                time: .system,
                logger: logger
            )
        }
        return PublicationService(
            address: publication.listen,
            routes: clusterOperator.routes,
            authenticator: ReviewingAuthenticator(
                reviewer: TokenReviewer(
                    client: client,
                    audience: publication.audience,
                    serviceAccounts: publication.serviceAccounts,
                    cryptography: .openSSL,
                    time: .system,
                    logger: logger
                )
            ),
            receiver: OperatorReportReceiver(clusterOperator: clusterOperator),
            certificate: certificate,
            metrics: launch.metrics,
            logger: logger
        )
    }
}
