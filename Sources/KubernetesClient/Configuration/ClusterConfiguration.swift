// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import JSON

/// Which API server to talk to, and as whom.
package struct ClusterConfiguration: Sendable {
    /// What proves who we are, besides a client certificate.
    package enum Credentials: Hashable, Sendable {
        case none
        case token(Redacted<String>)
        /// The path of a file with a token that is rotated under us.
        case tokenFile(String)
    }

    /// Which certificate authorities the server's certificate is checked against.
    package enum Trust: Hashable, Sendable {
        /// Those of the operating system.
        case system
        /// A bundle of PEM certificates, and no others.
        case authorities(pem: String)
        /// The path of a file with such a bundle, read again from time to time.
        case authorityFile(String)
        /// No check at all.
        case insecure
    }

    /// The server; its path is put before every path of the API.
    package var server: HTTPURL
    /// Sent over TLS only.
    package var credentials: Credentials
    /// A client certificate, which may go with a token or stand alone.
    package var identity: HTTPClientConfiguration.Identity?
    /// Whom the server's certificate must come from.
    package var trust: Trust
    /// The name to ask for and verify in the server's certificate, when it is not the URL's host.
    package var tlsServerName: String?
    /// The namespace meant where none is named.
    package var namespace: String
    /// Where this configuration came from, for the log: a file and its context, or ``inClusterOrigin``.
    package var origin: String

    /// The origin of a configuration that a pod is given.
    package static let inClusterOrigin = "in-cluster"

    /// Whether this process is a pod that talks to its own cluster.
    package var isInCluster: Bool { origin == Self.inClusterOrigin }

    package init(
        server: HTTPURL,
        credentials: Credentials = .none,
        identity: HTTPClientConfiguration.Identity? = nil,
        trust: Trust = .system,
        tlsServerName: String? = nil,
        namespace: String = "default",
        origin: String = "code"
    ) {
        self.server = server
        self.credentials = credentials
        self.identity = identity
        self.trust = trust
        self.tlsServerName = tlsServerName
        self.namespace = namespace
        self.origin = origin
    }

    /// What paths are appended to: the server's URL without a slash at its end, a query or a fragment.
    var baseURL: String {
        var path = server.path[...]
        while path.last == "/" { path.removeLast() }
        return server.origin + path
    }

    /// Refuses what would send credentials where anyone on the way can read them.
    func validate() throws(ClusterConfigurationError) {
        guard server.scheme == .http, credentials != .none || identity != nil else { return }
        throw ClusterConfigurationError(
            .insecureCredentials,
            """
            Could not use the API server '\(server.withoutQuery)' from \(origin): credentials would be sent to it \
            without TLS. Use an https URL, or a user without credentials.
            """
        )
    }
}
