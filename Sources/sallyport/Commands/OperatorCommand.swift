// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Curl
import FoundationEssentials
import HTTPTransport
import KubernetesClient
import Logging
import MCPServerOperator
import ServiceLifecycle

/// Runs the operator in, or against, a cluster.
struct OperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator",
        abstract: "Keep the routes and statuses of a cluster's MCPServers true.",
        discussion: """
            Finds the cluster by --kubeconfig, else KUBECONFIG, else the pod's own service account, else \
            ~/.kube/config. Serves /healthz, /readyz and /metrics on health.listen, by default 0.0.0.0:8081.

            Without --config no issuer is trusted: servers that need one get IssuerNotTrusted.

            Examples:
              sallyport operator --config /etc/sallyport/config.yaml
              sallyport operator --context staging --watch-namespace team-a
            """
    )

    @Option(
        help: ArgumentHelp("The kubeconfig file.", valueName: "file"),
        completion: .file()
    )
    var kubeconfig: String?

    @Option(help: ArgumentHelp("The context in the kubeconfig, instead of its current one.", valueName: "name"))
    var context: String?

    @Option(
        name: .customLong("watch-namespace"),
        help: ArgumentHelp("Watch only this namespace; repeat it for several.", valueName: "namespace")
    )
    var watchNamespaces: [String] = []

    @OptionGroup
    var configurationFile: ConfigurationOption

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let launch = try Launch(
            configurationPath: configurationFile.path,
            environment: environment,
            console: .standard(environment: environment)
        )
        let logger = launch.logger("operator")
        let cluster: ClusterConfiguration
        do throws(ClusterConfigurationError) {
            cluster = try ClusterConfiguration.resolve(
                kubeconfig: kubeconfig,
                context: context,
                environment: environment
            )
        } catch { throw CommandFailure(.unusable, error.description) }
        if !launch.isConfigured {
            logger.warning("No configuration file is given, so no issuer is trusted and no route stream is served")
        }
        logger.info(
            "Starting the operator",
            metadata: [
                "version": "\(ProgramVersion.current)", "server": "\(cluster.server.withoutQuery)",
                "server.from": "\(cluster.origin)",
            ]
        )
        let transport = try CurlTransport()
        do {
            try await launch.run(services(launch, cluster, transport))
        } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
        logger.info("Stopped")
    }

    /// Health first, so that probes are answered while everything else starts.
    private func services(
        _ launch: Launch,
        _ cluster: ClusterConfiguration,
        _ transport: CurlTransport
    ) throws -> [any Service] {
        let logger = launch.logger("operator")
        var operation = launch.configuration.operation
        operation.watchNamespaces = watchNamespaces
        let client: ClusterClient
        do {
            client = try ClusterClient(
                configuration: cluster,
                transport: transport,
                userAgent: ProgramVersion.userAgent,
                clock: ContinuousClock(),
                logger: logger,
                metrics: launch.metrics
            )
        } catch {
            throw CommandFailure(.unusable, "\(error)")
        }
        let clusterOperator = try ClusterOperator(
            configuration: operation,
            trust: launch.configuration.trust,
            client: client,
            instance: launch.environment["POD_NAME"] ?? launch.environment["HOSTNAME"] ?? "sallyport",
            dependencies: OperatorDependencies(
                transport: transport,
                cryptography: .openSSL,
                metrics: launch.metrics,
                logger: logger,
                time: .system
            )
        )
        let health = HealthServer(
            address: launch.configuration.healthListen ?? ListenAddress(host: "0.0.0.0", port: 8_081),
            checks: [
                ReadinessCheck("operator") {
                    let readiness = clusterOperator.readiness
                    return ReadinessCheck.Verdict(isReady: readiness.isReady, problems: readiness.problems)
                }
            ],
            metrics: launch.metrics,
            logger: launch.logger("health")
        )
        return [health, OperatorService(clusterOperator: clusterOperator)]
    }
}
