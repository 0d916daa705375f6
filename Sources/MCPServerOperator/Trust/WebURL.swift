// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// An `http` or `https` URL, taken apart far enough to decide who is addressed.
///
/// Strict on purpose: a URL that two parsers could read differently (user information, backslashes, control
/// characters, an empty host) is no URL here, because these decisions guard tokens.
struct WebURL: Hashable, Sendable {
    /// Scheme, host and port: what decides who receives a request.
    struct Origin: Hashable, Sendable {
        /// `http` or `https`.
        var scheme: String
        /// In lower case; an IPv6 address keeps its brackets.
        var host: String
        /// The scheme's default when the URL names none.
        var port: Int
    }

    var origin: Origin
    /// As written; empty or starting with a slash.
    var path: String
    var query: String?
    var fragment: String?

    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else { return nil }
        guard let separator = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        var rest = text[separator.upperBound...]
        if let mark = rest.firstIndex(of: "#") {
            fragment = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        let authority = rest.prefix { $0 != "/" }
        path = String(rest[authority.endIndex...])
        guard let (host, port) = Self.hostAndPort(authority) else { return nil }
        origin = Origin(scheme: scheme, host: host, port: port ?? (scheme == "https" ? 443 : 80))
    }

    private static func hostAndPort(_ authority: Substring) -> (host: String, port: Int?)? {
        guard !authority.contains("@") else { return nil }
        var host = authority
        var port: Int?
        if authority.first == "[" {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = authority[...close]
            let rest = authority[authority.index(after: close)...]
            if !rest.isEmpty {
                guard rest.first == ":", let number = portNumber(rest.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            guard let number = portNumber(authority[authority.index(after: colon)...]) else { return nil }
            port = number
        }
        guard !host.isEmpty, host != "[]" else { return nil }
        return (host.lowercased(), port)
    }

    private static func portNumber(_ text: Substring) -> Int? {
        guard text.count <= 5, text.allSatisfy(\.isWholeNumber), let number = Int(text) else { return nil }
        return (1...65_535).contains(number) ? number : nil
    }

    /// Whether the host is this machine: `localhost`, a name below it, `127.0.0.0/8` or `::1`.
    var isLoopback: Bool {
        let host = origin.host
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Scheme and host in lower case, no default port, no bare slash, no query and no fragment: the form of a
    /// resource identifier ([MCP, canonical server URI](https://modelcontextprotocol.io/specification/draft/basic/authorization)).
    var canonicalURI: String { originText + (path == "/" ? "" : path) }

    /// The origin as text, without a default port.
    var originText: String {
        let isDefault = origin.port == (origin.scheme == "https" ? 443 : 80)
        return "\(origin.scheme)://\(origin.host)" + (isDefault ? "" : ":\(origin.port)")
    }

    /// Whether `other` is this URL or lies below it: same origin, and this path is a prefix of its path in whole
    /// segments.
    ///
    /// A path with dot segments, plain or encoded, covers nothing and is covered by nothing: the peer would resolve it
    /// to somewhere else.
    func covers(_ other: WebURL) -> Bool {
        guard origin == other.origin, query == nil, fragment == nil else { return false }
        guard !hasDotSegments, !other.hasDotSegments else { return false }
        let prefix = path.hasSuffix("/") ? path.dropLast() : path[...]
        guard other.path.hasPrefix(prefix) else { return false }
        let rest = other.path.dropFirst(prefix.count)
        return rest.isEmpty || rest.first == "/"
    }

    private var hasDotSegments: Bool {
        path.split(separator: "/").contains { segment in
            let plain = segment.lowercased().replacing("%2e", with: ".")
            return plain == "." || plain == ".."
        }
    }

    /// Whether a host pattern of the configuration stands for this host: the name itself, or `*.` and a suffix.
    func matchesHost(_ pattern: String) -> Bool {
        let pattern = pattern.lowercased()
        guard pattern.hasPrefix("*.") else { return origin.host == pattern }
        let suffix = pattern.dropFirst()
        return origin.host.hasSuffix(suffix) && origin.host.count > suffix.count
    }
}
