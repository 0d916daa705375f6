// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// An absolute `http` or `https` URL, read strictly ([RFC 3986](https://www.rfc-editor.org/rfc/rfc3986)).
///
/// There is no user information, no fragment, no dot segment and no host that two parsers could read differently, so
/// whoever compares parts of it compares what will be dialled.
package struct AbsoluteURL: Hashable, Sendable, CustomStringConvertible {
    /// The schemes that carry HTTP.
    package enum Scheme: String, Hashable, Sendable {
        case http
        case https

        /// The port of a URL that names none.
        package var defaultPort: UInt16 { self == .http ? 80 : 443 }
    }

    /// As it was written, for where the text counts byte for byte.
    package let text: String
    /// Written in lower case.
    package let scheme: Scheme
    /// In lower case; an IPv6 address is in brackets and in its canonical form.
    package let host: String
    /// The port that is meant, written or not.
    package let port: UInt16
    /// Empty, or starts with `/`; percent-encoding is normalised.
    package let path: String
    /// Without `?`; `nil` if there is no `?`.
    package let query: String?

    init(text: String, scheme: Scheme, host: String, port: UInt16, path: String, query: String?) {
        self.text = text
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.query = query
    }

    package var description: String { text }

    /// Scheme, host and, where it is not the default, port.
    package var origin: String {
        "\(scheme.rawValue)://\(host)" + (port == scheme.defaultPort ? "" : ":\(port)")
    }

    /// The one form of all equivalent URLs: normalised, without a default port and without a path of `/` alone.
    package var canonical: String {
        origin + (path == "/" ? "" : path) + (query.map { "?\($0)" } ?? "")
    }

    /// Whether the host is this machine by name or address.
    package var isLoopback: Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]"
            || (host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) })
    }

    /// Whether both have the same scheme, host and port.
    package func hasSameOrigin(as other: AbsoluteURL) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }
}
