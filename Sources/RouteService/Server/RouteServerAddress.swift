// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Where the route stream is served: a host and a port, of which 0 lets the system choose.
package struct RouteServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address, without brackets.
    package var host: String
    /// In host order.
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Whether only this machine can connect; what is neither `localhost` nor a loopback address is not believed to be.
    package var isLoopback: Bool {
        if host.lowercased() == "localhost" || host == "::1" { return true }
        // Only a whole address counts: '127.example' is a name.
        do { _ = try SocketAddress(ipAddress: host, port: 0) } catch { return false }
        return host.hasPrefix("127.")
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
