// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Testing

@testable import sallyport

@Suite("Command line")
struct CommandLineTests {
    @Test("The operator takes its cluster, its namespaces and its configuration")
    func parsesOperator() throws {
        let command = try #require(
            try SallyportCommand.parseAsRoot([
                "operator", "--kubeconfig", "/k", "--context", "c", "--watch-namespace", "a", "--watch-namespace", "b",
                "--config", "/f",
            ]) as? OperatorCommand
        )
        #expect(command.kubeconfig == "/k")
        #expect(command.context == "c")
        #expect(command.watchNamespaces == ["a", "b"])
        #expect(command.configurationFile.path == "/f")
    }

    @Test("Validate takes files, folders and standard input")
    func parsesValidate() throws {
        let command = try #require(
            try SallyportCommand.parseAsRoot(["validate", "--references=ignore", "--format", "json", "a.yaml", "-"])
                as? ValidateCommand
        )
        #expect(command.paths == ["a.yaml", "-"])
        #expect(command.references == .ignore)
        #expect(command.format == .json)
    }

    @Test("Routes takes an operator, by configuration or by flags")
    func parsesRoutes() throws {
        let command = try #require(
            try SallyportCommand.parseAsRoot([
                "routes", "--url", "https://o:9443", "--token-file", "/t", "--ca-file", "/c", "--watch", "--format",
                "json",
            ]) as? RoutesCommand
        )
        #expect(command.url == "https://o:9443")
        #expect(command.tokenFile == "/t")
        #expect(command.caFile == "/c")
        #expect(command.watch)
        #expect(command.format == .json)
    }

    @Test(
        "Wrong usage is refused with exit code 64",
        arguments: [
            ["bogus"], ["serve"], ["serve", "--manifests", ""], ["serve", "--manifests", "x", "--format", "json"],
            ["validate"], ["validate", "-", "-"], ["validate", ""], ["validate", "--format", "xml", "x"],
            ["operator", "--workers", "3"], ["operator", "extra"], ["routes"], ["routes", "--url", ""],
            ["routes", "--url", "https://o", "--token-file", ""],
        ]
    )
    func refusesWrongUsage(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try SallyportCommand.parseAsRoot(arguments) }
        #expect(error.map { SallyportCommand.exitCode(for: $0) } == .validationFailure)
        #expect(ExitCode.validationFailure.rawValue == 64)
    }

    @Test("The reference shows the subcommands that users see, and each has examples or a discussion")
    func helpTeaches() {
        #expect(
            FlagReference.commands.map(\.name) == ["operator", "gateway", "serve", "validate", "routes", "version"]
        )
        for command in FlagReference.commands {
            #expect(!command.type.configuration.abstract.isEmpty)
            #expect(!command.type.configuration.discussion.isEmpty)
        }
    }
}
