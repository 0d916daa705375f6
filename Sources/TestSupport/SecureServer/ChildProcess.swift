// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A program started by a test.
///
/// Foundation's `Process` learns of an end through a descriptor that other children started meanwhile inherit, so its
/// waiting can last as long as they live.
package final class ChildProcess: Sendable {
    /// A command that could not be started, or did not do its work.
    package struct Failure: Error {
        /// The program and its arguments.
        package var command: [String]
        /// What it had to say.
        package var log: String
    }

    private let id: pid_t

    /// - Parameters:
    ///   - command: The program, found in the path, and its arguments.
    ///   - log: The file its output goes to.
    /// - Throws: ``Failure`` if it cannot be started.
    package init(_ command: [String], log: String) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
        var id = pid_t()
        let result = unsafe posix_spawnp(&id, command[0], &actions, nil, &arguments, environ)
        guard result == 0 else { throw Failure(command: command, log: "errno \(result)") }
        self.id = id
    }

    /// Waits for the end; returns the exit status as `wait` encodes it.
    @discardableResult
    package func wait() -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(id, &status, 0) < 0 && errno == EINTR {}
        return status
    }

    /// Ends it without asking: it inherits the signal mask of a thread that blocks every other signal.
    package func terminate() {
        kill(id, SIGKILL)
        wait()
    }
}
