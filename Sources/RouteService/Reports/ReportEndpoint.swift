// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import JSON
import NIOConcurrencyHelpers
import NIOCore
import RouteTable
import Timing

/// `POST /v1/gateways/{instance}/status`: what one gateway says about its routes.
struct ReportEndpoint: Sendable {
    private let receiver: any ReportReceiver
    private let doorkeeper: Doorkeeper
    private let settings: RouteServerSettings
    private let clock: any Clock<Duration>
    private let metrics: RouteServiceMetrics
    private let places: ReportPlaces

    init(
        receiver: any ReportReceiver,
        doorkeeper: Doorkeeper,
        settings: RouteServerSettings,
        clock: any Clock<Duration>,
        metrics: RouteServiceMetrics
    ) {
        self.receiver = receiver
        self.doorkeeper = doorkeeper
        self.settings = settings
        self.clock = clock
        self.metrics = metrics
        places = ReportPlaces(maximum: settings.maximumReports)
    }

    /// Answers one report.
    func respond(to request: Request, _ context: RouteRequestContext) async throws -> Response {
        let reader = try await doorkeeper.identify(request)
        let instance = try instance(context, reader)
        guard places.take() else {
            throw refusal(
                .tooManyReports,
                .serviceUnavailable,
                "TooManyReports",
                "Too many reports arrive at once. Try again.",
                retryAfter: .seconds(1)
            )
        }
        defer { places.giveBack() }
        let report = try parse(try await body(of: request))
        switch await receiver.receive(report, from: instance, by: reader) {
        case .accepted:
            metrics.reported(.accepted)
            return Response(status: .noContent)
        case .fullReportWanted:
            throw refusal(
                .fullReportWanted,
                .conflict,
                "FullReportWanted",
                "This server knows nothing of the gateway yet. Send a full report."
            )
        }
    }

    private func instance(_ context: RouteRequestContext, _ reader: ReaderIdentity) throws -> String {
        let text = context.parameters.get("instance") ?? ""
        guard (1...253).contains(text.utf8.count),
            text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) })
        else {
            throw refusal(
                .malformed,
                .badRequest,
                "BadInstance",
                "The instance in the path must be 1 to 253 letters, digits, '-', '.' or '_'."
            )
        }
        guard reader.pod == nil || reader.pod == text else {
            throw refusal(
                .wrongInstance,
                .forbidden,
                "WrongInstance",
                "The token was made for another pod than '\(text)'. Report under the name of the gateway's own pod."
            )
        }
        return text
    }

    private func body(of request: Request) async throws -> [UInt8] {
        let limit = settings.maximumReport
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        do {
            let buffer = try await withDeadline(settings.reportDeadline, clock: clock) {
                try await request.body.collect(upTo: limit)
            }
            if let buffer { return Array(buffer.readableBytesView) }
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
        throw refusal(.tooSlow, .requestTimeout, "TooSlow", "The report did not arrive in time. Send it again.")
    }

    private func parse(_ bytes: [UInt8]) throws -> GatewayReport {
        let limits = JSONLimits(maximumDepth: 16, maximumBytes: settings.maximumReport, maximumValues: 500_000)
        do {
            return try GatewayReport(json: JSONValue(parsing: bytes, limits: limits))
        } catch {
            throw refusal(.malformed, .badRequest, "MalformedReport", "The report cannot be read: \(error).")
        }
    }

    private var tooLarge: RequestRefusal {
        refusal(
            .tooLarge,
            .contentTooLarge,
            "ReportTooLarge",
            "A report may have at most \(settings.maximumReport) bytes."
        )
    }

    private func refusal(
        _ result: ReportResult,
        _ status: HTTPResponse.Status,
        _ reason: String,
        _ message: String,
        retryAfter: Duration? = nil
    ) -> RequestRefusal {
        metrics.reported(result)
        return RequestRefusal(status, reason, message, retryAfter: retryAfter)
    }
}

/// How many reports may be in memory at once.
private final class ReportPlaces: Sendable {
    private let taken = NIOLockedValueBox(0)
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    func take() -> Bool {
        taken.withLockedValue { taken in
            guard taken < maximum else { return false }
            taken += 1
            return true
        }
    }

    func giveBack() { taken.withLockedValue { $0 -= 1 } }
}
