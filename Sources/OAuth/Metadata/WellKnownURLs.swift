// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// Where a server says what it is.
enum WellKnownURLs {
    /// Which documents to ask for first.
    package enum Order: Hashable, Sendable {
        /// OpenID Connect Discovery first, at the place it defines.
        case openIDProvider
        /// [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414) first, then OpenID Connect Discovery in both places, as MCP
        /// has it.
        case authorizationServer
    }

    /// The URLs to try for an issuer, in order; a terminating slash is left out (RFC 8414 §3.1).
    static func ofIssuer(_ issuer: HTTPURL, _ order: Order) -> [String] {
        let path = issuer.path.hasSuffix("/") ? String(issuer.path.dropLast()) : issuer.path
        let oauth = "\(issuer.origin)/.well-known/oauth-authorization-server\(path)"
        let openIDInserted = "\(issuer.origin)/.well-known/openid-configuration\(path)"
        let openIDAppended = "\(issuer.origin)\(path)/.well-known/openid-configuration"
        let urls =
            switch order {
            case .openIDProvider: [openIDAppended, oauth, openIDInserted]
            case .authorizationServer: [oauth, openIDInserted, openIDAppended]
            }
        return path.isEmpty ? Array(urls.prefix(2)) : urls
    }

    /// The URLs to try for a protected resource: with its path inserted, then at the root
    /// ([RFC 9728 §3.1](https://www.rfc-editor.org/rfc/rfc9728#section-3.1)).
    static func ofResource(_ resource: HTTPURL) -> [(url: String, resource: Resource)] {
        let root = resource.origin + resourceRoot
        let path = resource.path == "/" ? "" : resource.path
        let query = resource.query.map { "?\($0)" } ?? ""
        guard !path.isEmpty || !query.isEmpty else { return [(root, .itself)] }
        return [(root + path + query, .itself), (root, .origin)]
    }

    /// Which resource a document may be about that a challenge names, on the resource's own origin.
    ///
    /// Anybody who may serve something somewhere on an origin, a file for instance, could speak for all of it otherwise: only
    /// whoever has the origin has its well-known places.
    static func resource(at advertised: HTTPURL) -> Resource {
        let path = advertised.path
        guard path == resourceRoot || path.hasPrefix(resourceRoot + "/") else { return .itself }
        // What is sent could be resolved to another place.
        let lowered = path.lowercased()
        let isSlippery =
            ["%2e", "%2f", "%5c"].contains { lowered.contains($0) }
            || path.split(separator: "/").contains { $0 == "." || $0 == ".." }
        return isSlippery ? .itself : .origin
    }

    private static let resourceRoot = "/.well-known/oauth-protected-resource"

    /// Which resource the document at a URL is about.
    enum Resource: Hashable, Sendable {
        /// The one that was asked about.
        case itself
        /// Its whole origin, or the one that was asked about.
        case origin
    }
}
