// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The program: its subcommands and what it says about itself.
struct SallyportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sallyport",
        abstract:
            "An entry with two doors for MCP servers: the identity provider's policy, then the server's own access.",
        discussion: """
            Start here:
              sallyport validate manifests/          check MCPServer manifests, offline
              sallyport serve --manifests manifests/ run it all from a folder
              sallyport operator                     run the operator
              sallyport gateway --config F           serve MCP clients with the operator's routes
              sallyport routes --config sallyport.yaml  see the routes as a gateway does

            The environment decides how to log: SALLYPORT_LOG_LEVEL is one of trace, debug, info, notice, warning, \
            error, critical; SALLYPORT_LOG_FORMAT is text or json. NO_COLOR switches colours off.

            Exit codes: 0 stopped cleanly; 1 failed while running, or problems were found; 2 input or configuration \
            cannot be used, or a port is in use; 64 wrong usage.
            """,
        version: ProgramVersion.current,
        subcommands: [
            OperatorCommand.self, GatewayCommand.self, ServeCommand.self, ValidateCommand.self, RoutesCommand.self,
            VersionCommand.self,
            DocumentationCommand.self,
        ]
    )
}
