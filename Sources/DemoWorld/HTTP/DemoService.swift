// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hummingbird
package import Logging
import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle

/// Serves an enterprise on loopback addresses, each of its servers on a port of its own.
package struct DemoService: Service, CustomStringConvertible {
    private let host: String
    private let firstPort: Int?
    private let time: DemoTime
    private let settings: Enterprise.Settings
    private let logger: Logger
    private let onListening: @Sendable (Enterprise) async throws -> Void

    /// - Parameters:
    ///   - host: A loopback address, written as numbers.
    ///   - firstPort: The port of the identity provider; the others follow. `nil` lets the system choose.
    ///   - settings: Lifetimes and bounds.
    ///   - time: By which tokens are judged.
    ///   - logger: Where the servers log.
    ///   - onListening: Called once, when all servers listen; what it throws ends the service.
    /// - Throws: ``DemoServiceError`` for an address that other machines can reach, and for ports that do not exist.
    package init(
        host: String = "127.0.0.1",
        firstPort: Int? = nil,
        settings: Enterprise.Settings = Enterprise.Settings(),
        time: DemoTime = .system,
        logger: Logger,
        onListening: @escaping @Sendable (Enterprise) async throws -> Void
    ) throws(DemoServiceError) {
        guard Self.isLoopback(host) else {
            throw DemoServiceError(
                .notLoopback,
                """
                Could not listen on '\(host.prefix(120))': anybody may sign in as anybody here, so only this machine may \
                connect. Use 127.0.0.1 or ::1.
                """
            )
        }
        let last = 65_536 - DemoServerName.allCases.count
        if let firstPort, !(1...last).contains(firstPort) {
            throw DemoServiceError(
                .badPort,
                "Could not use the ports from \(firstPort) on: the first must be from 1 to \(last)."
            )
        }
        self.host = host
        self.firstPort = firstPort
        self.settings = settings
        self.time = time
        self.logger = logger
        self.onListening = onListening
    }

    package var description: String { "demonstration on \(host)" }

    /// Serves until the group shuts down.
    ///
    /// - Throws: ``DemoServiceError`` when an address cannot be listened on.
    package func run() async throws {
        let opening = Opening(settings: settings, time: time)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, server) in DemoServerName.allCases.enumerated() {
                let application = application(server, port: firstPort.map { $0 + index } ?? 0, opening)
                group.addTask {
                    do { try await application.run() } catch let error as IOError {
                        throw failure(toListen: error, as: server)
                    }
                }
            }
            group.addTask { if let enterprise = try await opening.enterprise() { try await onListening(enterprise) } }
            // The first that fails ends the others.
            for try await _ in group {}
        }
    }

    private func application(_ server: DemoServerName, port: Int, _ opening: Opening) -> some Service {
        let listener = DemoListener(server: server, time: time, enterprise: { opening.current })
        return Application(
            responder: CallbackResponder<DemoRequestContext> { request, context in
                try await listener.respond(to: request, context)
            },
            server: .http1(configuration: .init(idleTimeout: .seconds(90))),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                serverName: "demonstration",
                availableConnectionsDelegate: .maximum(4_096, logger: quietLogger)
            ),
            onServerRunning: { channel in
                let host = host.contains(":") ? "[\(host)]" : host
                opening.add("http://\(host):\(channel.localAddress?.port ?? port)", of: server)
            },
            logger: quietLogger
        )
    }

    /// The web framework says at info what nobody wants to know of a demonstration.
    private var quietLogger: Logger {
        var logger = logger
        if logger.logLevel >= .info { logger.logLevel = max(logger.logLevel, .warning) }
        return logger
    }

    /// Only a whole address counts: '127.example' is a name, and a name may lead anywhere.
    private static func isLoopback(_ host: String) -> Bool {
        do { _ = try SocketAddress(ipAddress: host, port: 0) } catch { return false }
        return host == "::1" || host.hasPrefix("127.")
    }

    private func failure(toListen error: IOError, as server: DemoServerName) -> DemoServiceError {
        let reason =
            switch error.errnoCode {
            case EADDRINUSE: "a port is in use. Leave '--port' out, or name other ports"
            case EACCES: "this user may not listen on a port. Use ports above 1023"
            case EADDRNOTAVAIL: "this machine does not have the address. Correct '--host'"
            default: "\(error)"
            }
        return DemoServiceError(.cannotListen, "Could not listen on '\(host)' as the \(server.title): \(reason).")
    }
}

/// Waits until every server listens: the enterprise has the ports in the names of everything.
private final class Opening: Sendable {
    private struct State: Sendable {
        var origins: [DemoServerName: String] = [:]
        var enterprise: Enterprise?
    }

    private let state = NIOLockedValueBox(State())
    private let settings: Enterprise.Settings
    private let time: DemoTime
    private let stream: AsyncThrowingStream<Enterprise, any Error>
    private let continuation: AsyncThrowingStream<Enterprise, any Error>.Continuation

    init(settings: Enterprise.Settings, time: DemoTime) {
        self.settings = settings
        self.time = time
        // One element at most is ever sent.
        (stream, continuation) = AsyncThrowingStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    var current: Enterprise? { state.withLockedValue { $0.enterprise } }

    func add(_ origin: String, of server: DemoServerName) {
        let addresses = state.withLockedValue { state in
            state.origins[server] = origin
            return DemoAddresses(state.origins)
        }
        guard let addresses else { return }
        do {
            var random = SystemRandomNumberGenerator()
            let enterprise = try Enterprise(
                addresses: addresses,
                credentials: try DemoCredentials(using: &random),
                settings: settings,
                time: time
            )
            state.withLockedValue { $0.enterprise = enterprise }
            continuation.yield(enterprise)
            continuation.finish()
        } catch {
            continuation.finish(throwing: error)
        }
    }

    /// The enterprise once it is complete; `nil` if the servers are told to stop before.
    func enterprise() async throws -> Enterprise? {
        try await cancelWhenGracefulShutdown { [stream] in
            for try await enterprise in stream { return enterprise }
            return nil
        }
    }
}
