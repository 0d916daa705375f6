// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The help of every subcommand, as the reference shows it.
enum FlagReference {
    static let commands: [(name: String, type: any ParsableCommand.Type)] = SallyportCommand.configuration.subcommands
        .filter { $0.configuration.shouldDisplay }
        .map { (name: $0.configuration.commandName ?? "", type: $0) }

    /// A section with a code block for each subcommand.
    static var markdown: String {
        commands.map { command in
            let help = SallyportCommand.helpMessage(for: command.type, columns: 100)
            return "### `sallyport \(command.name)`\n\n```text\n\(help)\n```\n"
        }.joined(separator: "\n")
    }
}
