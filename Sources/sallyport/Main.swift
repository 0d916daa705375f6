// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials

/// Runs the subcommand that the arguments name, and turns what it throws into an exit code.
@main
enum Main {
    static func main() async {
        do {
            var command = try SallyportCommand.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            if let message = failure.message {
                Console.standard(environment: ProcessInfo.processInfo.environment).printError(message + "\n")
            }
            SallyportCommand.exit(withError: failure.exitCode)
        } catch {
            SallyportCommand.exit(withError: error)
        }
    }
}
