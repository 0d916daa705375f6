// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Why a subcommand ends with another exit code than 0.
struct CommandFailure: Error, Sendable {
    /// What the exit codes mean; usage errors (64) are the argument parser's.
    enum Code: Int32, Sendable {
        /// It failed while running, or found problems.
        case failed = 1
        /// Input or configuration cannot be used, or a port is in use.
        case unusable = 2
    }

    var code: Code
    /// Written to standard error if there is any.
    var message: String?

    init(_ code: Code, _ message: String? = nil) {
        self.code = code
        self.message = message
    }

    var exitCode: ExitCode { ExitCode(code.rawValue) }
}
