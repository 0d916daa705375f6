// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPServerOperator
import ServiceLifecycle

/// Runs the operator of a folder until the process is told to stop.
struct FolderService: Service, CustomStringConvertible {
    let folderOperator: FolderOperator

    var description: String { "folder" }

    func run() async throws {
        do { try await cancelWhenGracefulShutdown { try await folderOperator.run() } } catch is CancellationError {
            // That is how it ends when it is told to.
        } catch let error as FolderError {
            throw CommandFailure(.unusable, error.description)
        }
    }
}
