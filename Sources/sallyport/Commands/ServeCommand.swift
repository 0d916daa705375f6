// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Curl
import FoundationEssentials
import JSON
import Logging
import MCPGateway
import MCPServerOperator
import ServiceLifecycle

/// Runs everything from a folder of manifests.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run from a folder of manifests, without a cluster, and show the status of each server.",
        discussion: """
            The folder is followed: a changed, new or deleted file shows within moments. A file that no longer parses \
            keeps its last good objects and shows the error. On a terminal the table is redrawn in place; elsewhere \
            each change prints the changed rows once.

            Without --config it listens on loopback only, allows http to loopback, and trusts every issuer. With a \
            configuration that names identity providers, only these are trusted.

            Examples:
              sallyport serve --manifests manifests/
              sallyport serve --manifests manifests/ --once --format json
            """
    )

    @OptionGroup
    var configurationFile: ConfigurationOption

    @Option(help: ArgumentHelp("The folder of manifests.", valueName: "folder"), completion: .directory)
    var manifests: String

    @Flag(help: "Settle, print the table and exit: 0 if all servers are Ready, else 1.")
    var once = false

    @Option(help: ArgumentHelp("How to print the table; json needs --once.", valueName: "format"))
    var format = OutputFormat.text

    func validate() throws {
        if format == .json, !once { throw ValidationError("'--format json' needs '--once'.") }
        if manifests.isEmpty { throw ValidationError("'--manifests' must not be empty.") }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let console = Console.standard(environment: environment)
        // A table and a log share the terminal; the log then says only what needs attention.
        let launch = try Launch(
            configurationPath: configurationFile.path,
            environment: environment,
            console: console,
            usualLevel: console.isTerminal || once ? .warning : .info
        )
        let transport = try CurlTransport()
        do {
            try await serve(launch, transport)
        } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
    }

    private func serve(_ launch: Launch, _ transport: CurlTransport) async throws {
        let logger = launch.logger("serve")
        let trust = Self.trust(launch, logger)
        let folder = try FolderOperator(
            folder: manifests,
            configuration: launch.configuration.operation,
            trust: trust,
            // Settled once, there is no gateway that could answer.
            gateway: once ? nil : "serve",
            dependencies: OperatorDependencies(
                transport: transport,
                cryptography: .openSSL,
                metrics: launch.metrics,
                logger: logger,
                time: .system
            )
        )
        if once { return try await settle(folder, launch.console) }
        let gateway = try GatewayParts(launch, trust: trust, transport: transport)
        let health = HealthServer(
            address: launch.configuration.healthListen ?? ListenAddress(host: "127.0.0.1", port: 8_081),
            checks: [
                ReadinessCheck("manifests") {
                    let problems = folder.board.picture().problems.map(\.description)
                    return ReadinessCheck.Verdict(isReady: true, problems: problems)
                }
            ] + gateway.readinessChecks,
            metrics: launch.metrics,
            logger: launch.logger("health")
        )
        let display = StatusDisplay(
            board: folder.board,
            console: launch.console,
            now: OperatorTime.system.sinceEpoch
        )
        logger.info("Following manifests", metadata: ["folder": "\(manifests)"])
        let publication = try ServePublication(launch).service(of: folder)
        let reporter = InProcessReporter(
            about: gateway.routes,
            judge: gateway.judge,
            logger: launch.logger("gateway"),
            to: { folder.receive($0) }
        )
        // Clients are served last and turned away first, while everything they need still runs.
        let services: [(any Service)?] = [
            health, display, publication, FolderService(folderOperator: folder),
            RouteFeedService(feed: RouteFeed(from: folder.routes, into: gateway.routes)),
            InProcessReporterService(reporter: reporter), gateway.engine, gateway.server,
        ]
        try await launch.run(services.compactMap(\.self))
        logger.info("Stopped")
    }

    private func settle(_ folder: FolderOperator, _ console: Console) async throws {
        let board: StatusBoard.Picture
        do { board = try await folder.runOnce() } catch let error as FolderError {
            throw CommandFailure(.unusable, error.description)
        }
        let picture = StatusPicture(board, now: OperatorTime.system.sinceEpoch())
        switch format {
        case .json: console.print(picture.json.serializedText(.pretty) + "\n")
        case .text:
            let width = console.isTerminal ? TerminalSize.current().columns : TerminalSize.usual.columns
            let lines = StatusTable(width: width, colours: console.colours).lines(picture)
            console.print(lines.map { $0 + "\n" }.joined())
        }
        if !picture.isAllReady { throw CommandFailure(.failed) }
    }

    /// What to trust: everything, but only where no identity provider is configured and only this machine can connect.
    static func trust(_ launch: Launch, _ logger: Logger) -> TrustConfiguration {
        var trust = launch.configuration.trust
        if !launch.isConfigured { trust.egress.allowLoopbackHTTP = true }
        guard trust.identityProviders.isEmpty else { return trust }
        if launch.configuration.listen.isLoopback {
            trust.trustsEverything = true
            logger.warning(
                "Every issuer is trusted, because none is configured and only this machine can connect; do not use this with real identities"
            )
        } else {
            logger.warning("No identity provider is configured, and others can connect: no issuer is trusted")
        }
        return trust
    }
}
