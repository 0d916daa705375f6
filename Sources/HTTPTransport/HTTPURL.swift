// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The parts of an absolute `http` or `https` URL.
///
/// Stricter than [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986) where readers disagree: no user information, no
/// zone, no character outside visible ASCII, no backslash. What is sent is put together again from these parts, so a
/// check on them is a check on what is sent.
package struct HTTPURL: Hashable, Sendable {
    /// The two schemes.
    package enum Scheme: String, Sendable {
        case http
        case https

        /// The port a URL without one means.
        package var defaultPort: Int { self == .https ? 443 : 80 }
    }

    /// Decides about TLS and the default port.
    package let scheme: Scheme
    /// In lower case; an IPv6 address keeps its brackets.
    package let host: String
    /// From 1 to 65535; the scheme's own where the URL names none.
    package let port: Int
    /// Starts with `/`, as written, without fragment.
    package let path: String
    /// Without the `?`; may hold secrets, so it never goes into a message.
    package let query: String?

    /// Reads a URL.
    ///
    /// - Throws: ``HTTPTransportError`` with ``HTTPTransportError/Code/invalidRequest``; it does not quote the URL.
    package init(_ text: String) throws(HTTPTransportError) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) else {
            throw Self.invalid("it holds a space, a control character, a backslash or a character outside ASCII")
        }
        // All of it is ASCII by now, so bytes are characters and quicker to look at.
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            let scheme = Scheme(rawValue: text[..<colon].lowercased())
        else {
            throw Self.invalid("its scheme is neither 'http' nor 'https'")
        }
        let afterScheme = text[text.utf8.index(after: colon)...]
        guard afterScheme.hasPrefix("//") else { throw Self.invalid("it has no '//' after its scheme") }
        let rest = afterScheme.utf8.dropFirst(2)
        let authority = Substring(rest.prefix { !"/?#".utf8.contains($0) })
        let target = rest[authority.endIndex...].prefix { $0 != UInt8(ascii: "#") }
        let path = target.prefix { $0 != UInt8(ascii: "?") }

        self.scheme = scheme
        (host, port) = try Self.hostAndPort(authority, defaultPort: scheme.defaultPort)
        self.path = path.isEmpty ? "/" : String(Substring(path))
        query = path.endIndex < target.endIndex ? String(Substring(target[path.endIndex...].dropFirst())) : nil
    }

    /// Scheme, host and port: two URLs with one origin reach one server.
    package var origin: String { "\(scheme.rawValue)://\(authority)" }

    /// Host and port as the `Host` field has them; a default port is left out.
    package var authority: String { port == scheme.defaultPort ? host : "\(host):\(port)" }

    /// The whole URL without its query, for messages.
    package var withoutQuery: String { origin + path }

    /// The whole URL, as sent.
    package var text: String { withoutQuery + (query.map { "?\($0)" } ?? "") }

    private static func hostAndPort(
        _ authority: Substring,
        defaultPort: Int
    ) throws(HTTPTransportError) -> (String, Int) {
        guard !authority.utf8.contains(UInt8(ascii: "@")) else { throw invalid("it holds a user name or password") }
        let host: Substring
        if authority.hasPrefix("[") {
            guard let bracket = authority.utf8.firstIndex(of: UInt8(ascii: "]")) else {
                throw invalid("its host has no closing bracket")
            }
            host = authority[...bracket]
            guard let address = IPAddress(String(host.dropFirst().dropLast())), !address.isVersion4 else {
                throw invalid("the host in brackets is not an IPv6 address")
            }
        } else {
            host = Substring(authority.utf8.prefix { $0 != UInt8(ascii: ":") })
            guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(isHostCharacter) else {
                throw invalid("its host is empty, too long or holds a character that no host name has")
            }
        }
        let rest = authority[host.endIndex...]
        guard !rest.isEmpty else { return (host.lowercased(), defaultPort) }
        let digits = Substring(rest.utf8.dropFirst())
        guard rest.hasPrefix(":"), (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy(isDigit),
            let port = Int(digits), (1...65_535).contains(port)
        else { throw invalid("its port is not a number from 1 to 65535") }
        return (host.lowercased(), port)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || "-._".utf8.contains(byte)
    }

    private static func invalid(_ reason: String) -> HTTPTransportError {
        HTTPTransportError(.invalidRequest, "Could not use a URL: \(reason). Check where the URL comes from.")
    }
}
