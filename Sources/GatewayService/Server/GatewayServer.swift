// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import HummingbirdTLS
package import InboundHTTP
package import Logging
package import MCPGateway
import NIOCore
import ServiceLifecycle

/// Serves MCP clients over HTTPS, or over HTTP.
package struct GatewayServer: Service, CustomStringConvertible {
    /// A host and a port, of which 0 lets the system choose.
    package struct Address: Hashable, Sendable, CustomStringConvertible {
        /// A name or an address, without brackets.
        package var host: String
        /// In host order.
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    private let address: Address
    private let settings: GatewaySettings
    private let gateway: Gateway
    private let tls: ServerTLS?
    private let logger: Logger
    private let onListening: @Sendable (Address) async -> Void
    private let connections = ClientConnections()

    /// - Parameters:
    ///   - address: Where to listen.
    ///   - settings: Bounds and deadlines.
    ///   - gateway: Answers the requests.
    ///   - identity: The server's certificate; `nil` for plain HTTP.
    ///   - logger: Where the server logs.
    ///   - onListening: Called once, with the address that is listened on.
    /// - Throws: ``GatewayServerError`` if the certificate cannot be used.
    package init(
        address: Address,
        settings: GatewaySettings = GatewaySettings(),
        gateway: Gateway,
        identity: (any ServingIdentitySource)?,
        logger: Logger,
        onListening: @escaping @Sendable (Address) async -> Void = { _ in }
    ) throws(GatewayServerError) {
        self.address = address
        self.settings = settings
        self.gateway = gateway
        self.logger = logger
        self.onListening = onListening
        tls = try identity.map { identity throws(GatewayServerError) in try Self.tls(identity, logger) }
    }

    package var description: String { "gateway on \(address)" }

    /// Serves until the group shuts down; requests that are under way are answered, and streams are ended.
    ///
    /// - Throws: ``GatewayServerError`` when the address cannot be listened on.
    package func run() async throws {
        do {
            let application = try application()
            try await withGracefulShutdownHandler {
                try await application.run()
            } onGracefulShutdown: {
                connections.shutDown()
            }
        } catch let error as IOError {
            let failure = ListenFailure(error, on: address.description, setting: "listen")
            throw GatewayServerError(code: .cannotListen, description: failure.description)
        }
    }

    private func application() throws -> some Service {
        let idle = TimeAmount(settings.idle)
        let handlers: @Sendable () -> [any RemovableChannelHandler] = { [settings, connections] in
            [SocketLimits(sendBuffer: settings.sendBuffer, patience: settings.stall), connections.makeWatch()]
        }
        return Application(
            responder: CallbackResponder { [gateway, connections] request, context in
                try await Self.respond(to: request, context, gateway, connections)
            },
            server: try tls.map(\.configuration).map { configuration in
                try .tls(
                    .http1(configuration: .init(additionalChannelHandlers: handlers(), idleTimeout: idle)),
                    tlsConfiguration: configuration
                )
            } ?? .http1(configuration: .init(additionalChannelHandlers: handlers(), idleTimeout: idle)),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port),
                serverName: "sallyport",
                availableConnectionsDelegate: .maximum(settings.connections, logger: quietLogger)
            ),
            onServerRunning: { [address, onListening] channel in
                await onListening(Address(host: address.host, port: channel.localAddress?.port ?? address.port))
            },
            logger: quietLogger
        )
    }

    private static func respond(
        to request: Request,
        _ context: GatewayRequestContext,
        _ gateway: Gateway,
        _ connections: ClientConnections
    ) async throws -> Response {
        let connection = connections.connection(of: context.channel)
        let (received, body) = RequestReader.read(request)
        let writer = AnswerWriter(connection: connection, channel: context.channel)
        let (answer, isRelayed) = try await connection.whileOpen {
            let answer = try await gateway.answer(received)
            return (await writer.response(answer), answer.isRelayed)
        }
        var response = answer
        if !isRelayed, await !body.isAtEnd {
            // Nobody wants the rest of the body, and whoever sends it without end may not keep the connection.
            response.headers[.connection] = "close"
            let channel = context.channel
            context.channel.eventLoop.scheduleTask(in: .seconds(5)) { channel.close(promise: nil) }
        }
        // The framework leaves it to its router to send no body here.
        return request.method == .head ? response.createHeadResponse() : response
    }

    private static func tls(
        _ identity: any ServingIdentitySource,
        _ logger: Logger
    ) throws(GatewayServerError) -> ServerTLS {
        do throws(UnusableIdentity) { return try ServerTLS(identity, logger: logger) } catch {
            throw GatewayServerError(
                code: .unusableIdentity,
                description: """
                    Could not use the gateway's certificate: \(error.reason). Check tls.certificateFile and \
                    tls.privateKeyFile.
                    """
            )
        }
    }

    /// The web framework says at info what the log already says in our words.
    private var quietLogger: Logger {
        var logger = logger
        if logger.logLevel >= .info { logger.logLevel = max(logger.logLevel, .warning) }
        return logger
    }
}
