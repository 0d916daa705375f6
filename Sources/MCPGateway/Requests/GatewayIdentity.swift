// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
import JSON

/// What the gateway is to its clients, and from where it may be called.
package struct GatewayIdentity: Sendable {
    /// Without a slash at its end.
    package let publicURL: String
    /// Who may sign users in.
    package let issuers: [String]
    private let hosts: Set<String>
    private let hostSuffixes: [String]
    private let origins: Set<String>

    /// - Parameters:
    ///   - publicURL: Where clients reach the gateway.
    ///   - issuers: The configured providers.
    ///   - allowedHosts: Names besides that of `publicURL`, of which `*.` and a suffix stand for many.
    ///   - allowedOrigins: Origins of pages that may call the gateway.
    /// - Throws: `HTTPTransportError` for a URL that is none.
    package init(
        publicURL: String,
        issuers: [String],
        allowedHosts: [String] = [],
        allowedOrigins: [String] = []
    ) throws(HTTPTransportError) {
        let url = try HTTPURL(publicURL)
        var text = publicURL
        while text.hasSuffix("/") { text.removeLast() }
        self.publicURL = text
        self.issuers = issuers
        let names = allowedHosts.map { $0.lowercased() }
        // Every name of this machine is as good as another on it, and no name of another machine is one.
        let own = url.isLoopback ? ["localhost", "127.0.0.1", "[::1]", url.host] : [url.host]
        hosts = Set(own + names.filter { !$0.hasPrefix("*.") })
        hostSuffixes = names.filter { $0.hasPrefix("*.") }.map { String($0.dropFirst()) }
        var origins: Set<String> = [url.origin]
        for origin in allowedOrigins { origins.insert(try HTTPURL(origin).origin) }
        self.origins = origins
    }

    /// Why a request may not come from where it does; `nil` if it may.
    ///
    /// A page of another site can make a browser on the caller's machine send requests; the `Host` and `Origin` fields tell
    /// ([MCP, security of transports](https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning)).
    func refusal(_ headers: HTTPHeaders) -> Refusal? {
        let names = headers.values(of: "Host")
        guard names.count == 1, let name = names.first, allows(host: name) else {
            return Refusal(
                .forbiddenHost,
                status: 421,
                "The gateway is not known by that name. Use \(publicURL), or add the name to allowedHosts."
            )
        }
        let origins = headers.values(of: "Origin")
        guard origins.allSatisfy(allows(origin:)) else {
            return Refusal(
                .forbiddenOrigin,
                status: 403,
                "Pages of that origin may not call the gateway. Add it to allowedOrigins if they should."
            )
        }
        return nil
    }

    /// The metadata of a path: [RFC 9728 §2](https://www.rfc-editor.org/rfc/rfc9728#section-2).
    func metadata(of path: String) -> JSONValue {
        [
            "resource": .string(publicURL + path),
            "authorization_servers": .array(issuers.map(JSONValue.string)),
            "bearer_methods_supported": ["header"],
            "scopes_supported": [.string(Self.scope)],
            "resource_name": "Sallyport",
        ]
    }

    /// For those who have to sign in to use a path.
    func challenge(for path: String) -> ChallengeWriter {
        ChallengeWriter(resourceMetadata: publicURL + GatewayPath.metadataPath(of: path), scope: Self.scope)
    }

    /// What makes an identity provider issue an ID token.
    static let scope = "openid"

    private func allows(host: String) -> Bool {
        let name: Substring
        if host.hasPrefix("[") {
            name = host.prefix { $0 != "]" } + "]"
        } else {
            name = host.prefix { $0 != ":" }
        }
        let lowered = name.lowercased()
        return hosts.contains(lowered)
            || hostSuffixes.contains { lowered.utf8.count > $0.utf8.count && lowered.hasSuffix($0) }
    }

    private func allows(origin: String) -> Bool {
        do { return origins.contains(try HTTPURL(origin).origin) } catch {
            // 'null', and whatever else is no origin of a page on the web.
            return false
        }
    }
}
