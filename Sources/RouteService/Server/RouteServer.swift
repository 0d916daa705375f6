// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import HummingbirdTLS
package import InboundHTTP
package import Logging
package import Metrics
import NIOCore
import NIOSSL
package import RouteTable
import ServiceLifecycle
import Timing

/// Serves the route stream and takes gateways' reports, over HTTPS, or over HTTP on a loopback address.
package struct RouteServer: Service, CustomStringConvertible {
    private let address: RouteServerAddress
    private let settings: RouteServerSettings
    private let broadcast: RouteBroadcast
    private let tls: ServerTLS?
    private let streams: StreamEndpoint
    private let reports: ReportEndpoint
    private let time: ElapsedTime
    private let logger: Logger
    private let onListening: @Sendable (RouteServerAddress) async -> Void

    /// - Parameters:
    ///   - address: Port 0 lets the system choose.
    ///   - settings: Bounds and deadlines.
    ///   - broadcast: What is served; closed when the service shuts down.
    ///   - authenticator: Who may read and report.
    ///   - receiver: Where reports go.
    ///   - identity: The server's certificate; `nil` for plain HTTP.
    ///   - factory: Where series are made.
    ///   - clock: For heartbeats and deadlines.
    ///   - logger: Where the server logs.
    ///   - onListening: Called once, with the address that is listened on.
    /// - Throws: ``RouteServerError`` if the certificate cannot be used, or if there is none and the address is open to
    ///   other machines.
    package init(
        address: RouteServerAddress,
        settings: RouteServerSettings = RouteServerSettings(),
        broadcast: RouteBroadcast,
        authenticator: any ReaderAuthenticator,
        receiver: any ReportReceiver,
        identity: (any ServingIdentitySource)?,
        metrics factory: any MetricsFactory,
        clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger,
        onListening: @escaping @Sendable (RouteServerAddress) async -> Void = { _ in }
    ) throws(RouteServerError) {
        guard identity != nil || address.isLoopback else {
            throw RouteServerError(
                .needsTLS,
                """
                Could not serve routes on '\(address)': they hold credentials, and without TLS only a loopback address \
                is allowed. Set publication.listen to 127.0.0.1, or give a certificate.
                """
            )
        }
        let time = ElapsedTime(clock)
        let metrics = RouteServiceMetrics(factory: factory)
        let doorkeeper = Doorkeeper(
            authenticator: authenticator,
            deadline: settings.authenticationDeadline,
            clock: clock,
            metrics: metrics,
            logger: logger
        )
        self.address = address
        self.settings = settings
        self.broadcast = broadcast
        self.time = time
        self.logger = logger
        self.onListening = onListening
        tls = try identity.map { identity throws(RouteServerError) in try Self.tls(identity, logger) }
        streams = StreamEndpoint(
            broadcast: broadcast,
            doorkeeper: doorkeeper,
            seats: ReaderSeats(maximum: settings.maximumReaders, metrics: metrics),
            surroundings: RouteStream.Surroundings(settings: settings, time: time, metrics: metrics, logger: logger)
        )
        reports = ReportEndpoint(
            receiver: receiver,
            doorkeeper: doorkeeper,
            settings: settings,
            clock: clock,
            metrics: metrics
        )
    }

    private static func tls(
        _ identity: any ServingIdentitySource,
        _ logger: Logger
    ) throws(RouteServerError) -> ServerTLS {
        do throws(UnusableIdentity) { return try ServerTLS(identity, logger: logger) } catch {
            throw RouteServerError(
                .unusableIdentity,
                """
                Could not use the certificate of the route stream: \(error.reason). \
                Check publication.certificateFile and publication.privateKeyFile.
                """
            )
        }
    }

    package var description: String { "route server on \(address)" }

    /// Serves until the group shuts down; streams then end within the settings' grace.
    ///
    /// - Throws: ``RouteServerError`` when the address cannot be listened on.
    package func run() async throws {
        let application = try application()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await application.run() } catch let error as IOError {
                    let failure = ListenFailure(error, on: address.description, setting: "publication.listen")
                    throw RouteServerError(.cannotListen, failure.description)
                }
            }
            group.addTask {
                while true {
                    try await time.sleep(until: time.now + settings.heartbeat)
                    broadcast.beat()
                }
            }
            group.addTask { try await endStreamsAtShutdown() }
            defer { group.cancelAll() }
            do { try await group.next() } catch is CancellationError { try Task.checkCancellation() }
        }
    }

    /// Returns when streams have had their time to end; what is left is then cut.
    private func endStreamsAtShutdown() async throws {
        try await gracefulShutdown()
        broadcast.close()
        try await time.sleep(until: time.now + settings.grace)
    }

    private func application() throws -> some Service {
        let idle = TimeAmount(settings.idle)
        let limits: @Sendable () -> [any RemovableChannelHandler] = { [settings] in
            [SocketLimits(sendBuffer: settings.sendBuffer, patience: settings.stall)]
        }
        return Application(
            router: router(),
            server: try tls.map(\.configuration).map { configuration in
                try .tls(
                    .http1(configuration: .init(additionalChannelHandlers: limits(), idleTimeout: idle)),
                    tlsConfiguration: configuration
                )
            } ?? .http1(configuration: .init(additionalChannelHandlers: limits(), idleTimeout: idle)),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port),
                serverName: "sallyport",
                availableConnectionsDelegate: .maximum(2 * settings.maximumReaders + 64, logger: quietLogger)
            ),
            onServerRunning: { [address, onListening] channel in
                let port = channel.localAddress?.port ?? address.port
                await onListening(RouteServerAddress(host: address.host, port: port))
            },
            logger: quietLogger
        )
    }

    /// The web framework says at info what the log already says in our words.
    private var quietLogger: Logger {
        var logger = logger
        if logger.logLevel >= .info { logger.logLevel = max(logger.logLevel, .warning) }
        return logger
    }

    private func router() -> Router<RouteRequestContext> {
        let router = Router(context: RouteRequestContext.self)
        router.get("/v1/routes") { [streams] request, context in
            try await answer { try await streams.respond(to: request, context) }
        }
        router.post("/v1/gateways/:instance/status") { [reports] request, context in
            try await answer { try await reports.respond(to: request, context) }
        }
        return router
    }

    private func answer(_ respond: () async throws -> Response) async throws -> Response {
        do { return try await respond() } catch let refusal as RequestRefusal { return refusal.response }
    }
}
