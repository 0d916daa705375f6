// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import InboundHTTP
import Logging
import NIOCore
import PrometheusMetrics
import ServiceLifecycle

/// Serves `/healthz`, `/readyz` and `/metrics` over http.
struct HealthServer: Service, CustomStringConvertible {
    private let address: ListenAddress
    private let checks: [ReadinessCheck]
    private let metrics: PrometheusMetricsFactory
    private let logger: Logger
    private let onListening: @Sendable (ListenAddress) async -> Void

    /// - Parameters:
    ///   - address: Port 0 lets the system choose.
    ///   - checks: What `/readyz` asks.
    ///   - metrics: What `/metrics` writes.
    ///   - logger: Where the server logs.
    ///   - onListening: Called once, with the address that is listened on.
    init(
        address: ListenAddress,
        checks: [ReadinessCheck],
        metrics: PrometheusMetricsFactory,
        logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) async -> Void = { _ in }
    ) {
        self.address = address
        self.checks = checks
        self.metrics = metrics
        self.logger = logger
        self.onListening = onListening
    }

    var description: String { "health server on \(address)" }

    /// Serves until the group shuts down.
    ///
    /// - Throws: ``CommandFailure`` when the address cannot be listened on.
    func run() async throws {
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port),
                serverName: "sallyport"
            ),
            onServerRunning: { [address, onListening] channel in
                await onListening(ListenAddress(host: address.host, port: channel.localAddress?.port ?? address.port))
            },
            logger: quietLogger
        )
        do { try await application.run() } catch let error as IOError {
            let failure = ListenFailure(error, on: address.description, setting: "health.listen")
            throw CommandFailure(.unusable, failure.description)
        }
    }

    /// The web framework says at info what the log already says in our words.
    private var quietLogger: Logger {
        var logger = logger
        if logger.logLevel >= .info { logger.logLevel = max(logger.logLevel, .warning) }
        return logger
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/healthz") { _, _ in Self.response(.ok, "ok\n") }
        router.get("/readyz") { [checks] _, _ in
            let report = ProbeAnswer(checks)
            return Self.response(report.isReady ? .ok : .serviceUnavailable, report.text)
        }
        router.get("/metrics") { [metrics] _, _ in
            Self.response(.ok, metrics.exposition(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        return router
    }

    private static func response(
        _ status: HTTPResponse.Status,
        _ text: String,
        type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
