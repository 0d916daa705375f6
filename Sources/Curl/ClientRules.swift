// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// The rules of one client, and the hold on its connections.
///
/// Clients and transfers share it; when the last of them is gone, the loop closes the connections.
final class ClientRules: Sendable {
    let configuration: HTTPClientConfiguration
    let loop: EventLoop
    let targets = RequestTargets()
    // Keeps the loop running for as long as a client or a body may need it.
    private let transport: CurlTransport

    /// - Throws: ``HTTPTransportError`` with ``HTTPTransportError/Code/invalidRequest`` for rules no transfer can obey.
    ///   What a certificate says is checked at the first connection.
    init(
        _ configuration: HTTPClientConfiguration,
        transport: CurlTransport,
        loop: EventLoop
    ) throws(HTTPTransportError) {
        self.configuration = configuration
        self.transport = transport
        self.loop = loop
        // An empty bundle must not fall back to the system's.
        if case .authorities(let pem) = configuration.trust, !pem.contains("-----BEGIN CERTIFICATE-----") {
            throw Self.invalid("its bundle of authorities holds no PEM certificate")
        }
        if let identity = configuration.identity {
            guard identity.certificateChain.contains("-----BEGIN CERTIFICATE-----") else {
                throw Self.invalid("its client certificate is not PEM")
            }
            guard identity.privateKey.contains("PRIVATE KEY-----") else {
                throw Self.invalid("the key of its client certificate is not PEM")
            }
        }
        if let name = configuration.tlsServerName { _ = try HTTPURL("https://\(name)/") }
    }

    deinit { loop.post(.forget(ObjectIdentifier(self))) }

    private static func invalid(_ reason: String) -> HTTPTransportError {
        HTTPTransportError(
            .invalidRequest,
            "Could not make an HTTP client: \(reason). Check the certificate files it was made from."
        )
    }
}
