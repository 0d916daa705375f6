// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What a token is for ([RFC 8707](https://www.rfc-editor.org/rfc/rfc8707)): an absolute URI without a fragment.
package struct ResourceIndicator: Hashable, Sendable, CustomStringConvertible {
    /// Exactly as it is sent.
    package let text: String
    /// The same as a URL; `nil` for other schemes, such as `api://…`, which only configuration can permit.
    package let url: AbsoluteURL?

    /// Reads a resource, or says what is wrong with it.
    package init(parsing text: String) throws(URLProblem) {
        let lowered = text.lowercased()
        if lowered.hasPrefix("http:") || lowered.hasPrefix("https:") {
            url = try AbsoluteURL(parsing: text)
        } else {
            guard Self.isAbsoluteURI(text) else {
                throw URLProblem(
                    "is no absolute URI without a fragment",
                    "Write the MCP server's URL, or the identifier that its authorization server knows it by."
                )
            }
            url = nil
        }
        self.text = text
    }

    /// The canonical URI of an MCP server: its URL, normalised, without the query.
    package init(canonicalFor server: AbsoluteURL) {
        text = server.origin + (server.path == "/" ? "" : server.path)
        url = AbsoluteURL(
            text: text,
            scheme: server.scheme,
            host: server.host,
            port: server.port,
            path: server.path,
            query: nil
        )
    }

    package var description: String { text }

    /// Whether a token for this resource may be sent to `server`: same scheme, host and port, and this path is a prefix
    /// of the server's path in whole segments.
    package func matches(_ server: AbsoluteURL) -> Bool {
        guard let url, url.query == nil, url.hasSameOrigin(as: server) else { return false }
        if url.path.isEmpty || url.path == "/" || url.path == server.path { return true }
        return server.path.hasPrefix(url.path.hasSuffix("/") ? url.path : url.path + "/")
    }

    private static func isAbsoluteURI(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let scheme = parts.first, let rest = parts.last, !rest.isEmpty,
            text.utf8.count <= AbsoluteURL.lengthLimit
        else { return false }
        let schemeIsValid =
            scheme.first.map { $0.isASCII && $0.isLetter } == true
            && scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        return schemeIsValid && rest.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }
    }
}
