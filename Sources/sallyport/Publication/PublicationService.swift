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
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                if let certificate {
                    group.addTask { try await cancelWhenGracefulShutdown { try await certificate.run() } }
                }
                group.addTask { try await serve() }
                defer { group.cancelAll() }
                // The certificate's part ends only when it is told to; the server's end is the service's.
                while try await group.next() != nil {}
            }
        } catch let error as RouteServerError {
            throw CommandFailure(error.code == .cannotListen ? .unusable : .failed, error.description)
        } catch is CancellationError {
            // That is how it ends when it is told to.
        }
    }

    /// Why routes are not served, or soon will not be.
    var readinessCheck: ReadinessCheck {
        ReadinessCheck("route stream") { [certificate] in
            guard let certificate else { return ReadinessCheck.Verdict(isReady: true) }
            let readiness = certificate.readiness
            return ReadinessCheck.Verdict(isReady: readiness.isReady, problems: readiness.problems)
        }
    }

    private func serve() async throws {
        let identity: ServingCertificateIdentity? =
            if let certificate { try await ServingCertificateIdentity.first(of: certificate) } else { nil }
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
