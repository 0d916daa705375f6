// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The rules one client, and so one connection pool, works under.
package struct HTTPClientConfiguration: Sendable {
    /// Which HTTP version to speak.
    package enum Version: Hashable, Sendable {
        /// HTTP/1.1 only: streams whose reader may be slow need its real back-pressure.
        case http1
        /// HTTP/2 over TLS when the server offers it, else HTTP/1.1. For answers that are always drained.
        case http2
    }

    /// Which certificate authorities are trusted.
    package enum Trust: Hashable, Sendable {
        case system
        /// A bundle of PEM certificates, and no others.
        case authorities(pem: String)
        /// No verification at all; only where a kubeconfig says so in as many words.
        case insecure
    }

    /// A client certificate and its key.
    package struct Identity: Hashable, Sendable {
        /// The certificate, followed by its intermediates, as PEM.
        package var certificateChain: String
        /// The unencrypted private key as PEM.
        ///
        /// Secret.
        package var privateKey: String

        package init(certificateChain: String, privateKey: String) {
            self.certificateChain = certificateChain
            self.privateKey = privateKey
        }
    }

    /// Which HTTP version requests speak; streams speak HTTP/1.1 in any case.
    package var version: Version
    /// Who may vouch for the server.
    package var trust: Trust
    /// What is presented to a server that asks for a client certificate.
    package var identity: Identity?
    /// The name to ask for and verify in the server's certificate, when it is not the URL's host.
    package var tlsServerName: String?
    /// What may be dialled.
    ///
    /// The address behind a name is not known where a ``proxy`` resolves it. Then every rule but
    /// ``AddressPolicy/unrestricted`` refuses literal addresses and names without a dot before anything is sent.
    package var addresses: AddressPolicy
    /// What requests go through, loopback hosts excepted: those are always dialled directly, under ``addresses``.
    ///
    /// The environment names no proxy, whatever it says.
    package var proxy: HTTPProxy?
    /// The `User-Agent` of requests that bring none.
    package var userAgent: String
    /// Requests on their way to one host at once; more wait their turn.
    package var maximumRequestsPerHost: Int
    /// Long-lived streams open at once.
    package var maximumStreams: Int

    package init(
        version: Version = .http1,
        trust: Trust = .system,
        identity: Identity? = nil,
        tlsServerName: String? = nil,
        addresses: AddressPolicy = .unrestricted,
        proxy: HTTPProxy? = nil,
        userAgent: String = "sallyport",
        maximumRequestsPerHost: Int = 64,
        maximumStreams: Int = 1_000
    ) {
        self.version = version
        self.trust = trust
        self.identity = identity
        self.tlsServerName = tlsServerName
        self.addresses = addresses
        self.proxy = proxy
        self.userAgent = userAgent
        self.maximumRequestsPerHost = maximumRequestsPerHost
        self.maximumStreams = maximumStreams
    }
}

extension HTTPClientConfiguration.Identity: CustomStringConvertible, CustomReflectable {
    package var description: String { "[redacted]" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
