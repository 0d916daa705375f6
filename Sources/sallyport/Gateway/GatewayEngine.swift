// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPGateway
import RouteTable
import ServiceLifecycle

/// The work behind the gateway's answers: metadata, keys, exchanges, and what follows when routes change.
struct GatewayEngine: Service, CustomStringConvertible {
    let routes: LiveRoutes
    let directory: IssuerDirectory
    let keys: ProviderKeys
    let broker: TokenBroker
    let sessions: SessionStart
    let connections: ServerConnections

    var description: String { "token broker" }

    /// Works until the process is told to stop.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                // Each ends by cancellation alone.
                group.addTask { do { try await directory.run() } catch {} }
                group.addTask { do { try await keys.run() } catch {} }
                group.addTask { do { try await broker.run() } catch {} }
                group.addTask { do { try await sessions.run() } catch {} }
                group.addTask { do { try await connections.run() } catch {} }
                group.addTask { do { try await follow() } catch {} }
            }
        }
    }

    /// Drops tokens that were obtained with what a route no longer has.
    private func follow() async throws {
        let changes = routes.changes()
        var known: Set<RouteKey> = []
        while true {
            let (picture, touched) = try await changes.next()
            let keys: Set<RouteKey>
            switch touched {
            case .everything: keys = known.union(picture.snapshot.keys)
            case .keys(let touched): keys = touched
            }
            for key in keys {
                let route = picture.snapshot[key]
                broker.routeChanged(key, to: route)
                connections.routeChanged(key, to: route)
                if route == nil { known.remove(key) } else { known.insert(key) }
            }
        }
    }
}
