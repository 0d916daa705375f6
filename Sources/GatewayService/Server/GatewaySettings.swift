// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The bounds of the server for MCP clients; tests make them small.
package struct GatewaySettings: Hashable, Sendable {
    /// Connections at once.
    package var connections = 10_000
    /// How long a connection may be open without a request.
    package var idle = Duration.seconds(75)
    /// How long a client may take nothing of what is written to it.
    package var stall = Duration.seconds(60)
    /// What the system may keep for a client that does not read, in bytes; it takes twice as much.
    package var sendBuffer = 128 << 10

    package init() {}
}
