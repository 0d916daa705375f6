// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import MCPGateway
import RouteTable
import ServiceLifecycle

/// Shows routes as they change: on a terminal a table that is redrawn in place, elsewhere each change once.
struct RoutesDisplay: Service, CustomStringConvertible {
    /// Changes that come this close together are drawn at once.
    private static let gathering = Duration.milliseconds(150)

    let routes: LiveRoutes
    let console: Console
    let format: OutputFormat
    /// Where the routes come from, for the last line.
    let origin: String

    var description: String { "routes display" }

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                if format == .text, console.isTerminal { try await redraw() } else { try await printChanges() }
            }
        } catch is CancellationError {
            // That is how it ends when it is told to.
        }
        console.keepPicture()
    }

    private func redraw() async throws {
        let changes = routes.changes()
        while true {
            let picture = try await changes.next().picture
            let size = TerminalSize.current()
            let text = RouteTableText(width: size.columns, colours: console.colours)
            console.draw(
                picture.hasSynced
                    ? text.lines(picture.snapshot, state: state(picture), atMost: size.lines - 1)
                    : text.waiting(state(picture))
            )
            try await Task.sleep(for: Self.gathering, clock: .continuous)
        }
    }

    private func printChanges() async throws {
        let changes = routes.changes()
        var shown = RouteTableChanges()
        while true {
            let picture = try await changes.next().picture
            guard picture.hasSynced else { continue }
            let lines =
                switch format {
                case .text:
                    shown.lines(for: picture.snapshot, text: RouteTableText(width: .max, colours: console.colours))
                case .json: shown.json(for: picture.snapshot).map { $0.serializedText(.compact) }
                }
            if !lines.isEmpty { console.print(lines.map { $0 + "\n" }.joined()) }
        }
    }

    private func state(_ picture: LiveRoutes.Picture) -> String {
        guard picture.hasSynced else { return picture.problem ?? "Waiting for \(origin)." }
        let count = "\(picture.snapshot.count) routes at revision \(picture.snapshot.revision)"
        return picture.isFollowing ? "\(count), following \(origin)" : "\(count), not current: \(picture.problem ?? "")"
    }
}

/// Keeps the routes equal to the operator's until the process is told to stop.
struct SubscriptionService: Service, CustomStringConvertible {
    let subscription: RouteSubscription

    var description: String { "route subscription" }

    func run() async throws {
        await cancelWhenGracefulShutdown { await subscription.run() }
    }
}
