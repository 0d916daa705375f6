// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Curl
import FoundationEssentials
import HTTPTransport
import Logging
import MCPGateway
import ServiceLifecycle

/// Serves MCP clients with the routes that an operator publishes.
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Serve MCP clients: sign-in checked at the door, each server's own access token behind it.",
        discussion: """
            Reads the operator's routes from 'routes.url', judges each by its own configuration, and tells the \
            operator which it uses. Serves MCP clients on 'listen', and /healthz, /readyz and /metrics on \
            health.listen, by default 0.0.0.0:8081. When the operator is away, the last routes stay in use.

            A client sends an ID token of a configured identity provider as its bearer token:
              POST /servers/NAMESPACE/NAME/mcp        one server, any revision of MCP
              GET  /servers                           which servers there are, and how the caller stands with them
              POST /servers/NAMESPACE/NAME/retry      forget what failed for the caller

            Exits with 0 when told to stop, 1 if it fails while running, 2 if the configuration cannot be used or a \
            port is in use.

            Example:
              sallyport gateway --config /etc/sallyport/config.yaml
            """
    )

    @OptionGroup
    var configurationFile: ConfigurationOption

    func run() async throws {
        guard configurationFile.path != nil else {
            throw CommandFailure(
                .unusable,
                "Could not start the gateway: it needs a configuration, to know whose users to let in. Give '--config'."
            )
        }
        let environment = ProcessInfo.processInfo.environment
        let launch = try Launch(
            configurationPath: configurationFile.path,
            environment: environment,
            console: .standard(environment: environment)
        )
        let source = try RouteSource(launch.configuration.routes, url: nil, tokenFile: nil, caFile: nil)
        let transport = try CurlTransport()
        do {
            try await serve(launch, source, transport)
        } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
    }

    private func serve(_ launch: Launch, _ source: RouteSource, _ transport: CurlTransport) async throws {
        let logger = launch.logger("gateway")
        if launch.configuration.gateway.providers.isEmpty {
            logger.warning("No identity provider is configured, so nobody can be let in")
        }
        let gateway = try GatewayParts(launch, trust: launch.configuration.trust, transport: transport)
        let client = try source.client(from: transport, logger: launch.logger("routes"))
        let subscription = RouteSubscription(
            to: source.endpoint,
            through: client,
            into: gateway.routes,
            metrics: launch.metrics,
            logger: launch.logger("routes")
        )
        let reporter = RouteReporter(
            as: try Self.instance(launch.environment),
            to: RouteReplicas(configured: launch.configuration.routes.replicas, url: source.url),
            token: source.presentedToken,
            about: gateway.routes,
            RouteReporter.Dependencies(
                client: client,
                resolver: SystemAddressResolver(),
                judge: gateway.judge,
                metrics: launch.metrics,
                logger: launch.logger("routes")
            )
        )
        let health = HealthServer(
            address: launch.configuration.healthListen ?? ListenAddress(host: "0.0.0.0", port: 8_081),
            checks: gateway.readinessChecks,
            metrics: launch.metrics,
            logger: launch.logger("health")
        )
        logger.info(
            "Starting the gateway",
            metadata: ["version": "\(ProgramVersion.current)", "operator": "\(source.url.withoutQuery)"]
        )
        // Clients are served last and turned away first, while everything they need still runs.
        try await launch.run([
            health, SubscriptionService(subscription: subscription), RouteReporterService(reporter: reporter),
            gateway.engine, gateway.server,
        ])
        logger.info("Stopped")
    }

    /// The pod's name, which the operator compares with that of the token.
    private static func instance(_ environment: [String: String]) throws -> GatewayInstance {
        let name = environment["POD_NAME"] ?? environment["HOSTNAME"] ?? "sallyport-gateway"
        guard let instance = GatewayInstance(name) else {
            throw CommandFailure(
                .unusable,
                "Could not use the gateway's name '\(name.prefix(80))': set POD_NAME to letters, digits, '.', '-' and '_'."
            )
        }
        return instance
    }
}
