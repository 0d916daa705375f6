// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// Whether an access token for a resource may be sent to an MCP server.
enum ResourceRule {
    /// Same scheme, host and port, and the resource's path is a prefix of the server's in whole segments.
    ///
    /// Both are read by the parser whose result is dialled. A path that a server could resolve to another one does not
    /// match: one with dot segments, or with an encoded slash, backslash or dot.
    static func matches(resource: String, server: String) -> Bool {
        let resourceURL: HTTPURL
        let serverURL: HTTPURL
        do {
            resourceURL = try HTTPURL(resource)
            serverURL = try HTTPURL(server)
        } catch {
            // An identifier that is no URL needs a pair in the configuration.
            return false
        }
        guard resourceURL.query == nil, !resource.contains("#"), resourceURL.origin == serverURL.origin,
            !isSlippery(resourceURL.path), !isSlippery(serverURL.path)
        else { return false }
        let prefix = resourceURL.path
        if prefix == "/" || prefix == serverURL.path { return true }
        return serverURL.path.hasPrefix(prefix.hasSuffix("/") ? prefix : prefix + "/")
    }

    private static func isSlippery(_ path: String) -> Bool {
        let lowered = path.lowercased()
        if ["%2f", "%5c", "%2e"].contains(where: { lowered.contains($0) }) { return true }
        return lowered.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }
}
