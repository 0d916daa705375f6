// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// Where a server listens: a host and a port, of which 0 lets the system choose.
struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address, without brackets.
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`, with an IPv6 address in brackets.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let port = Int(digits), port <= 65_535
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard let address = IPAddress(host), !address.isVersion4 else { return nil }
        } else {
            guard HostPattern.isValid(host), !host.hasPrefix("*") else { return nil }
        }
        self.init(host: host, port: port)
    }

    /// Whether only this machine can connect.
    var isLoopback: Bool { HostPattern.isLoopback(host) }

    /// Whether both cannot be listened on at once.
    func collides(with other: ListenAddress) -> Bool {
        port == other.port && (host == other.host || isEveryAddress || other.isEveryAddress)
    }

    private var isEveryAddress: Bool { host == "0.0.0.0" || host == "::" }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
