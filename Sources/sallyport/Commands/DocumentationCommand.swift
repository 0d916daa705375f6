// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSON
import KubernetesClient
import YAML

/// Prints the parts of the reference that are generated from the code.
struct DocumentationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "docs",
        abstract: "Print a generated section of the reference as Markdown.",
        shouldDisplay: false
    )

    enum Section: String, CaseIterable, ExpressibleByArgument {
        case conditions
        case metrics
        case flags
        case configuration
        case fields
    }

    @Argument(help: "The section.")
    var section: Section

    @Option(name: .customLong("definition"), help: "The CustomResourceDefinition that 'fields' reads.")
    var definition = "crds/mcpservers.yaml"

    func run() throws {
        print(try text(), terminator: "")
    }

    private func text() throws -> String {
        switch section {
        case .conditions: return ConditionReference.markdown
        case .metrics: return MetricReference.markdown
        case .flags: return FlagReference.markdown
        case .configuration: return ConfigurationReference.markdown
        case .fields:
            do {
                let text = try FileReader.system.text(of: definition)
                let documents = try YAMLDocuments.parse(text, file: definition)
                return FieldReference(definition: documents.first?.value ?? .null).markdown
            } catch { throw CommandFailure(.unusable, "\(error)") }
        }
    }
}
