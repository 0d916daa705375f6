// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import JSON
import MCPServerOperator

/// Checks manifests against every rule, offline.
struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check MCPServer manifests against every rule, without a cluster or a network.",
        discussion: """
            Each problem is one line: file:line:column: kind namespace/name: field: message (reason).

            A Secret, a key or a grant is looked up among the files given, if these hold any Secret. Trust, resource \
            pairs and egress are checked only with --config.

            Exits with 0 if all is well, 1 if there are problems, 2 if something cannot be read.

            Examples:
              sallyport validate manifests/
              sallyport validate --config sallyport.yaml --format json manifests/
              helm template chart | sallyport validate -
            """
    )

    /// What becomes of references to Secrets.
    enum References: String, CaseIterable, ExpressibleByArgument {
        case check
        case ignore
    }

    @OptionGroup
    var configurationFile: ConfigurationOption

    @Option(help: ArgumentHelp("How to print the result.", valueName: "format"))
    var format = OutputFormat.text

    @Option(help: ArgumentHelp("Whether to look Secrets, keys and grants up among the files.", valueName: "mode"))
    var references = References.check

    @Argument(
        help: ArgumentHelp(
            "Files and folders of manifests; '-' reads standard input.",
            discussion: "Folders are read with everything below them: .yaml, .yml and .json.",
            valueName: "path"
        ),
        completion: .file()
    )
    var paths: [String]

    func validate() throws {
        guard paths.count(where: { $0 == "-" }) <= 1 else { throw ValidationError("'-' can be given only once.") }
        guard !paths.contains("") else { throw ValidationError("A path must not be empty.") }
    }

    func run() async throws {
        let loaded = try Launch.configuration(configurationFile.path)
        var sources: [ManifestSource] = []
        for path in paths { sources += try Self.read(path) }
        let validation = ManifestValidation(
            trust: configurationFile.path == nil ? nil : loaded.trust,
            references: references == .check ? .check : .ignore,
            requiresSecretLabel: loaded.operation.requireSecretLabel,
            cryptography: .openSSL
        )
        let report = try await validation.report(on: sources)
        switch format {
        case .text: print(ValidationText(report).text, terminator: "")
        case .json: print(report.json.serializedText(.pretty))
        }
        if sources.contains(where: \.isUnreadable) { throw CommandFailure(.unusable) }
        if !report.problems.isEmpty { throw CommandFailure(.failed) }
    }

    private static func read(_ path: String) throws(CommandFailure) -> [ManifestSource] {
        do {
            guard path == "-" else { return try ManifestSource.read(at: path) }
            let input = try FileHandle.standardInput.readToEnd() ?? Data()
            return [ManifestSource(name: "<stdin>", bytes: Array(input))]
        } catch { throw CommandFailure(.unusable, "\(error)") }
    }
}

extension ManifestSource {
    fileprivate var isUnreadable: Bool {
        guard case .unreadable = content else { return false }
        return true
    }
}
