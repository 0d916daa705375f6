// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Curl
import FoundationEssentials
import HTTPTransport
import JSON
import Logging
import MCPGateway
import RouteTable

/// Shows the routes that an operator publishes, as a gateway sees them.
struct RoutesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes",
        abstract: "Show the routes that an operator publishes, as a gateway sees them; never a credential.",
        discussion: """
            Reads the route stream with a token that the operator accepts, from the part 'routes' of the \
            configuration or from flags, which take precedence. CREDENTIAL names the clients by id and method, for \
            both legs where there are two.

            With --watch the table is redrawn in place on a terminal; elsewhere each change is one row, or with \
            --format json one document a line. It goes on through restarts of the operator.

            Exits with 0 after the table or when told to stop, 1 if the operator refuses or cannot be reached, 2 if \
            no operator is named or a file cannot be used.

            Examples:
              sallyport routes --config /etc/sallyport/config.yaml
              sallyport routes --url https://127.0.0.1:9443 --token-file token --watch
              sallyport routes --config sallyport.yaml --format json
            """
    )

    @OptionGroup
    var configurationFile: ConfigurationOption

    @Option(help: ArgumentHelp("The operator's route stream, instead of routes.url.", valueName: "url"))
    var url: String?

    @Option(
        name: .customLong("token-file"),
        help: ArgumentHelp("The token to present, instead of routes.tokenFile.", valueName: "file"),
        completion: .file()
    )
    var tokenFile: String?

    @Option(
        name: .customLong("ca-file"),
        help: ArgumentHelp("The authorities to trust, as PEM, instead of routes.caFile.", valueName: "file"),
        completion: .file()
    )
    var caFile: String?

    @Flag(help: "Go on and show changes as they come.")
    var watch = false

    @Option(help: ArgumentHelp("How to print the routes.", valueName: "format"))
    var format = OutputFormat.text

    func validate() throws {
        if configurationFile.path == nil, url == nil {
            throw ValidationError("Name the operator: '--url', or '--config' with a file that has 'routes.url'.")
        }
        for (flag, value) in [("--url", url), ("--token-file", tokenFile), ("--ca-file", caFile)] where value == "" {
            throw ValidationError("'\(flag)' must not be empty.")
        }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let launch = try Launch(
            configurationPath: configurationFile.path,
            environment: environment,
            console: .standard(environment: environment),
            usualLevel: .warning
        )
        let source = try RouteSource(launch.configuration.routes, url: url, tokenFile: tokenFile, caFile: caFile)
        let transport = try CurlTransport()
        do {
            let client = try source.client(from: transport, logger: launch.logger("routes"))
            if watch {
                try await follow(source, client, launch)
            } else {
                try await Self.show(source, client, format, launch.console, launch.logger("routes"))
            }
        } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
    }

    /// Prints the table once.
    static func show(
        _ source: RouteSource,
        _ client: any HTTPClient,
        _ format: OutputFormat,
        _ console: Console,
        _ logger: Logger
    ) async throws {
        let snapshot: RouteSnapshot
        do {
            snapshot = try await RouteSubscription(
                to: source.endpoint,
                through: client,
                into: LiveRoutes(),
                logger: logger
            ).fetch()
        } catch let error as RouteStreamError {
            throw CommandFailure(.failed, error.message)
        }
        switch format {
        case .json: console.print(snapshot.redactedJSON.serializedText(.pretty) + "\n")
        case .text:
            let width = console.isTerminal ? TerminalSize.current().columns : Int.max
            let text = RouteTableText(width: width, colours: console.colours)
            let state = "\(snapshot.count) routes at revision \(snapshot.revision)"
            console.print(text.lines(snapshot, state: state).map { $0 + "\n" }.joined())
        }
    }

    private func follow(_ source: RouteSource, _ client: any HTTPClient, _ launch: Launch) async throws {
        let routes = LiveRoutes()
        let subscription = RouteSubscription(
            to: source.endpoint,
            through: client,
            into: routes,
            metrics: launch.metrics,
            logger: launch.logger("routes")
        )
        let display = RoutesDisplay(
            routes: routes,
            console: launch.console,
            format: format,
            origin: source.url.withoutQuery
        )
        try await launch.run([display, SubscriptionService(subscription: subscription)])
    }
}
