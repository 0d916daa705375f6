// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPGateway
import ServiceLifecycle

/// Tells the operator what became of its routes until the process is told to stop.
struct RouteReporterService: Service, CustomStringConvertible {
    let reporter: RouteReporter

    var description: String { "route reports" }

    func run() async throws { await cancelWhenGracefulShutdown { await reporter.run() } }
}
