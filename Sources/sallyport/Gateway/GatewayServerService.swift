// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import GatewayService
import Logging
import MCPGateway
import MCPServerOperator
import NIOConcurrencyHelpers
import ServiceLifecycle

/// Serves MCP clients, once there is a certificate to do it with, and looks after that certificate.
struct GatewayServerService: Service, CustomStringConvertible {
    let address: ListenAddress
    let gateway: Gateway
    /// How many streams there may be at once.
    let streams: Int
    /// `nil`: plain HTTP.
    let certificate: (any ServingCertificateSource)?
    let logger: Logger
    /// Set once it takes no new clients.
    private let isStopping = NIOLockedValueBox(false)

    var description: String { "gateway on \(address)" }

    /// Serves until the group shuts down.
    ///
    /// - Throws: ``CommandFailure`` when the address cannot be listened on.
    func run() async throws {
        do {
            try await withGracefulShutdownHandler {
                try await certified.run(serve)
            } onGracefulShutdown: {
                isStopping.withLockedValue { $0 = true }
            }
        } catch let error as GatewayServerError {
            throw CommandFailure(error.code == .cannotListen ? .unusable : .failed, error.description)
        }
    }

    /// Why clients are not served, or soon will not be.
    var readinessCheck: ReadinessCheck {
        let check = certified.readinessCheck
        return ReadinessCheck(check.name) { [isStopping] in
            guard isStopping.withLockedValue(\.self) else { return check.verdict() }
            return ReadinessCheck.Verdict(isReady: false, problems: ["It has been told to stop and takes nobody new."])
        }
    }

    private var certified: CertifiedServer { CertifiedServer(name: "clients", certificate: certificate) }

    private func serve(_ identity: ServingCertificateIdentity?) async throws {
        var settings = GatewaySettings()
        settings.connections = streams + 2_000
        let server = try GatewayServer(
            address: GatewayServer.Address(host: address.host, port: address.port),
            settings: settings,
            gateway: gateway,
            identity: identity,
            logger: logger,
            onListening: { [logger] in logger.info("Serving MCP clients", metadata: ["address": "\($0)"]) }
        )
        try await server.run()
    }
}
