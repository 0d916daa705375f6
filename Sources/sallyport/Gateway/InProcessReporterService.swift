// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPGateway
import ServiceLifecycle

/// Tells the operator in this process what became of its routes until the process is told to stop.
struct InProcessReporterService: Service, CustomStringConvertible {
    let reporter: InProcessReporter

    var description: String { "route reports" }

    func run() async throws { await cancelWhenGracefulShutdown { await reporter.run() } }
}
