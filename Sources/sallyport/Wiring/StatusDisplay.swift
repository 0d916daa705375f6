// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPServerOperator
import ServiceLifecycle

/// Shows the board: on a terminal a table that is redrawn in place, elsewhere each change once.
struct StatusDisplay: Service, CustomStringConvertible {
    /// Changes that come this close together are shown at once.
    private static let gathering = Duration.milliseconds(150)
    /// How often ages are brought up to date on a terminal.
    private static let aging = Duration.seconds(10)

    let board: StatusBoard
    let console: Console
    let now: @Sendable () -> Duration

    var description: String { "status display" }

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                if console.isTerminal { try await redraw() } else { try await printChanges() }
            }
        } catch is CancellationError {
            // That is how it ends when it is told to.
        }
        console.keepPicture()
    }

    private func redraw() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await followBoard { draw($0) }
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.aging, clock: .continuous)
                    draw(board.picture())
                }
            }
            try await group.waitForAll()
        }
    }

    private func draw(_ picture: StatusBoard.Picture) {
        let size = TerminalSize.current()
        let table = StatusTable(width: size.columns, colours: console.colours)
        console.draw(table.lines(StatusPicture(picture, now: now()), atMost: size.lines - 1))
    }

    private func printChanges() async throws {
        let table = StatusTable(width: TerminalSize.usual.columns, colours: console.colours)
        var changes = StatusChanges()
        var shown: UInt64 = 0
        while true {
            let picture = try await settledPicture(after: shown)
            shown = picture.revision
            let lines = changes.lines(for: StatusPicture(picture, now: now()), table: table)
            if !lines.isEmpty { console.print(lines.map { $0 + "\n" }.joined()) }
        }
    }

    private func followBoard(_ show: (StatusBoard.Picture) -> Void) async throws {
        // The folder is being read just now; only an empty one has nothing to show after that.
        try await Task.sleep(for: Self.gathering, clock: .continuous)
        var picture = board.picture()
        while true {
            show(picture)
            picture = try await settledPicture(after: picture.revision)
        }
    }

    private func settledPicture(after revision: UInt64) async throws -> StatusBoard.Picture {
        _ = try await board.picture(after: revision)
        try await Task.sleep(for: Self.gathering, clock: .continuous)
        return board.picture()
    }
}
