// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPGateway
import ServiceLifecycle

/// Keeps the gateway's routes equal to those of the operator in this process.
struct RouteFeedService: Service, CustomStringConvertible {
    let feed: RouteFeed

    var description: String { "routes" }

    func run() async throws { await cancelWhenGracefulShutdown { await feed.run() } }
}
