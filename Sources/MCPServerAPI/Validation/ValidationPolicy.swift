// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What configuration contributes to the rules of a spec.
package struct ValidationPolicy: Hashable, Sendable {
    /// Which URLs may use `http`.
    package var schemes: SchemePolicy
    /// Which resources may be used for which servers.
    package var resources: ResourcePolicy

    package init(schemes: SchemePolicy, resources: ResourcePolicy) {
        self.schemes = schemes
        self.resources = resources
    }

    /// Nothing is permitted beyond the rules: what an empty configuration means.
    package static let strict = ValidationPolicy(
        schemes: .configured(allowHTTP: [], allowLoopbackHTTP: false),
        resources: .configured([])
    )

    /// There is no configuration to ask, so what it could permit is a note and not a problem.
    package static let unconfigured = ValidationPolicy(schemes: .unconfigured, resources: .unconfigured)
}

/// Which URLs may use `http`.
package enum SchemePolicy: Hashable, Sendable {
    /// `allowHTTP` holds host names and `*.suffix` patterns, for upstreams; `allowLoopbackHTTP` permits loopback hosts
    /// for every URL.
    case configured(allowHTTP: [String], allowLoopbackHTTP: Bool)
    case unconfigured

    /// What a URL is for.
    package enum Purpose: Hashable, Sendable {
        case upstream
        /// Token endpoints, metadata and key sets.
        case authorization
    }

    /// What the policy says about one URL.
    package enum Verdict: Hashable, Sendable {
        case permitted
        case refused
        /// Only a configuration could tell.
        case undecided
    }

    /// What the policy says about a URL that is used so.
    package func verdict(on url: AbsoluteURL, for purpose: Purpose) -> Verdict {
        if url.scheme == .https { return .permitted }
        switch self {
        case .configured(let allowHTTP, let allowLoopbackHTTP):
            if allowLoopbackHTTP, url.isLoopback { return .permitted }
            let matches = allowHTTP.contains { Self.matches(host: url.host, pattern: $0) }
            return purpose == .upstream && matches ? .permitted : .refused
        case .unconfigured:
            return purpose == .upstream || url.isLoopback ? .undecided : .refused
        }
    }

    /// Whether a host is named by a pattern; `*.suffix` matches any number of labels before the suffix, but at least one.
    package static func matches(host: String, pattern: String) -> Bool {
        let pattern = pattern.lowercased()
        guard pattern.hasPrefix("*.") else { return host == pattern }
        let suffix = pattern.dropFirst()
        return host.utf8.count > suffix.utf8.count && host.hasSuffix(suffix)
    }
}

/// Which resources may be used for which servers beyond the rule of ``ResourceIndicator/matches(_:)``.
package enum ResourcePolicy: Hashable, Sendable {
    /// A resource, byte for byte, with the URLs that lie in it.
    package struct Pair: Hashable, Sendable {
        /// Byte for byte.
        package var resource: String
        /// The `url` fields, byte for byte, of servers for which the resource may be used.
        package var urls: [String]

        package init(resource: String, urls: [String]) {
            self.resource = resource
            self.urls = urls
        }
    }

    case configured([Pair])
    case unconfigured

    /// `nil`: only a configuration could tell.
    package func permits(_ resource: ResourceIndicator, for server: AbsoluteURL) -> Bool? {
        if resource.matches(server) { return true }
        guard case .configured(let pairs) = self else { return nil }
        return pairs.contains { $0.resource == resource.text && $0.urls.contains(server.text) }
    }
}
