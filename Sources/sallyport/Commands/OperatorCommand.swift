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
        } else if launch.configuration.publication == nil {
            logger.warning(
                "The configuration has no 'publication', so no route stream is served and no gateway has routes"
            )
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
            try await launch.run(
                OperatorWiring(
                    launch: launch,
                    cluster: cluster,
                    transport: transport,
                    watchNamespaces: watchNamespaces
                ).services()
            )
        } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
        logger.info("Stopped")
    }
}
