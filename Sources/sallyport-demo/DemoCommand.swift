// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DemoWorld
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs the enterprise until it is told to stop.
@main
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sallyport-demo",
        abstract: "Run a small enterprise to try Sallyport on: identity provider, authorization server, MCP servers.",
        discussion: """
            For demonstrations and tests only: anybody on this machine can sign in as anybody, without a password. It \
            listens on loopback addresses and nowhere else, forgets everything when it ends, and makes new secrets at \
            each start.

            Each mode of a gateway has an MCP server:
              todo, payroll   enterpriseIdP: Alice may use both, Bob may read 'todo' and is refused 'payroll'
              notes           oauth: each user has to consent
              calendar        tokenExchange: the exchange server gives a token of its own for the user's
              directory       forwardToken: the user's own token, from a sign-in for 'directory' as well
              handbook        none

            Try it:
              sallyport-demo --manifests demo &
              sallyport serve --config demo/sallyport.yaml --manifests demo/manifests
              curl -s IDENTITY-PROVIDER/demo/sign-in -d '{"user":"alice","audiences":["directory"]}'

            Look into it, and disturb it, at the administration's URL:
              curl -s URL/                all there is, with every switch
              curl -s URL/demo/counters   what was called, and what came of it
              curl -sX PUT URL/demo/faults -d '{"idp.token":{"status":503,"times":1}}'
              curl -sX PUT URL/demo/faults -d '{}'
              curl -sX POST URL/demo/rotate-keys -d '{"keepOld":false}'

            Exit codes: 0 stopped cleanly; 1 failed while running; 2 an address cannot be listened on, or a folder cannot \
            be written; 64 wrong usage.
            """
    )

    @Option(help: ArgumentHelp("A loopback address, written as numbers.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(
        help: ArgumentHelp(
            "The port of the identity provider; the other servers take the next ten. Without it all are chosen free.",
            valueName: "port"
        )
    )
    var port: Int?

    @Option(
        help: ArgumentHelp(
            "Write a configuration, manifests and credentials for 'sallyport serve' into this folder.",
            valueName: "folder"
        ),
        completion: .directory
    )
    var manifests: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The MCP servers to write manifests of, as in '--servers todo payroll'. Without it all.",
            valueName: "names"
        ),
        transform: { try DemoCommand.server($0) }
    )
    var servers: [MCPServerName] = []

    @Option(
        name: .customLong("gateway-port"),
        help: ArgumentHelp(
            "Where the written configuration has the gateway listen; the next port is for health and metrics.",
            valueName: "port"
        )
    )
    var gatewayPort = 8_080

    func validate() throws {
        if manifests == "" { throw ValidationError("'--manifests' must not be empty.") }
        guard (1...65_534).contains(gatewayPort) else {
            throw ValidationError("'--gateway-port' must be from 1 to 65534.")
        }
    }

    func run() async throws {
        do {
            let service = try DemoService(
                host: host,
                firstPort: port,
                logger: Self.logger,
                onListening: { [manifests, servers, gatewayPort] enterprise in
                    try Self.announce(enterprise, manifests: manifests, servers, gatewayPort: gatewayPort)
                }
            )
            try await run(service)
        } catch let error as DemoServiceError {
            try Self.fail(error.description, code: 2)
        } catch let error as DemoFileError {
            try Self.fail(error.description, code: 2)
        } catch {
            try Self.fail("Could not go on: \(error).", code: 1)
        }
    }

    private func run(_ service: DemoService) async throws {
        var configuration = ServiceGroupConfiguration(
            services: [ServiceGroupConfiguration.ServiceConfiguration(service: service)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
        )
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        try await ServiceGroup(configuration: configuration).run()
    }

    /// Writes the files, then prints where everything is: whoever sees the table finds the files.
    private static func announce(
        _ enterprise: Enterprise,
        manifests: String?,
        _ servers: [MCPServerName],
        gatewayPort: Int
    ) throws(DemoFileError) {
        var lines = AddressTable(addresses: enterprise.addresses).lines
        if let manifests {
            let folder = URL(filePath: manifests).path
            let absolute = folder.hasPrefix("/") ? folder : FileManager.default.currentDirectoryPath + "/" + folder
            let content = DemoManifests(
                of: enterprise,
                folder: absolute,
                gatewayPort: gatewayPort,
                servers: servers.isEmpty ? MCPServerName.allCases : servers
            )
            try DemoFile.write(content.files, into: absolute)
            lines += ["", "sallyport serve --config \(manifests)/sallyport.yaml --manifests \(manifests)/manifests"]
        }
        write(lines.map { $0 + "\n" }.joined(), to: .standardOutput)
    }

    /// Reads the name of an MCP server.
    private static func server(_ name: String) throws -> MCPServerName {
        guard let server = MCPServerName(rawValue: name) else {
            let known = MCPServerName.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("There is no MCP server '\(name)'. There are \(known).")
        }
        return server
    }

    private static func write(_ text: String, to handle: FileHandle) {
        do { try handle.write(contentsOf: Data(text.utf8)) } catch {
            // Whoever read this is gone; there is nobody left to tell.
        }
    }

    private static let logger = Logger(label: "sallyport-demo") { _ in SwiftLogNoOpLogHandler() }

    private static func fail(_ message: String, code: Int32) throws -> Never {
        write(message + "\n", to: .standardError)
        throw ExitCode(code)
    }
}
