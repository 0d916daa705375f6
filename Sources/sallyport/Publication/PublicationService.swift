// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import MCPServerOperator
import Metrics
import RouteService
import RouteTable
import ServiceLifecycle

/// Serves the route stream, once there is a certificate to serve it with, and looks after that certificate.
struct PublicationService: Service, CustomStringConvertible {
    let address: ListenAddress
    let routes: RouteBroadcast
    let authenticator: any ReaderAuthenticator
    let receiver: any ReportReceiver
    /// `nil`: plain HTTP, which the server allows on a loopback address alone.
    let certificate: (any ServingCertificateSource)?
    let metrics: any MetricsFactory
    let logger: Logger

    var description: String { "route stream on \(address)" }

    /// Serves until the group shuts down.
    ///
    /// - Throws: ``CommandFailure`` when the address cannot be listened on.
    func run() async throws {
        do { try await certified.run(serve) } catch let error as RouteServerError {
            throw CommandFailure(error.code == .cannotListen ? .unusable : .failed, error.description)
        }
    }

    /// Why routes are not served, or soon will not be.
    var readinessCheck: ReadinessCheck { certified.readinessCheck }

    private var certified: CertifiedServer { CertifiedServer(name: "route stream", certificate: certificate) }

    private func serve(_ identity: ServingCertificateIdentity?) async throws {
        let server = try RouteServer(
            address: RouteServerAddress(host: address.host, port: address.port),
            broadcast: routes,
            authenticator: authenticator,
            receiver: receiver,
            identity: identity,
            metrics: metrics,
            logger: logger,
            onListening: { [logger] in logger.info("Serving routes", metadata: ["address": "\($0)"]) }
        )
        try await server.run()
    }
}
