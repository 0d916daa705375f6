// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Logging
import RouteTable
import Timing

/// Sends one replica its reports, one at a time.
struct ReplicaDelivery: Sendable {
    /// What became of one report.
    enum Answer: Sendable {
        case accepted
        /// The replica knows nothing of this gateway and wants everything.
        case conflict
        case refused(message: String, retryAfter: Duration?)
        case unreachable(message: String)
    }

    let channel: ReplicaChannel
    let judged: JudgedRoutes
    let endpoint: RouteEndpoint
    let instance: GatewayInstance
    let client: any HTTPClient
    let metrics: ReportMetrics?
    let logger: Logger
    let time: ElapsedTime

    /// Sends until the replica is gone or the task is cancelled.
    func run(_ generator: some RandomNumberGenerator & Sendable) async {
        var generator = generator
        var retry = Backoff(initial: .seconds(1), cap: .seconds(10))
        while !Task.isCancelled, !channel.isClosed {
            guard judged.isKnown else {
                await channel.wakeup.wait()
                continue
            }
            let now = time.now
            switch channel.with({ $0.step(at: now) }) {
            case .wait(let pause): await channel.wakeup.wait(atMost: pause, time)
            case .send(let contents): await deliver(contents, &retry, &generator)
            }
        }
    }

    private func deliver(
        _ contents: ReplicaReports.Contents,
        _ retry: inout Backoff,
        _ generator: inout some RandomNumberGenerator
    ) async {
        let report = report(contents)
        let answer = await send(report)
        guard !Task.isCancelled else { return }
        // Afterwards, so that what is counted has taken effect.
        defer { metrics?.sent(answer) }
        switch answer {
        case .accepted:
            let hadFailed = channel.with { reports in
                defer { reports.delivered(report.entries, of: contents) }
                return reports.hasFailed
            }
            retry.reset()
            if hadFailed { logger.info("The replica is told again", metadata: ["replica": "\(channel.replica)"]) }
        case .conflict where channel.with({ $0.forgotten(after: contents) }): break
        case .conflict: fail("It asked for a full report after a full report (409).", nil, &retry, &generator)
        case .refused(let message, let retryAfter): fail(message, retryAfter, &retry, &generator)
        case .unreachable(let message): fail(message, nil, &retry, &generator)
        }
    }

    private func fail(
        _ message: String,
        _ retryAfter: Duration?,
        _ retry: inout Backoff,
        _ generator: inout some RandomNumberGenerator
    ) {
        let pause = max(retry.next(using: &generator), min(retryAfter ?? .zero, .seconds(30)))
        let now = time.now
        guard channel.with({ $0.failed(pause: pause, at: now) }) else { return }
        logger.warning(
            "Could not tell a replica what became of its routes, will try again",
            metadata: ["replica": "\(channel.replica)", "error": "\(message)", "after": "\(pause)"]
        )
    }

    private func report(_ contents: ReplicaReports.Contents) -> GatewayReport {
        switch contents {
        case .everything:
            let (revision, entries) = judged.all
            return GatewayReport(revision: revision, isFull: true, entries: entries.values.sorted { $0.key < $1.key })
        case .changes(let keys):
            let (revision, entries) = judged.entries(for: keys)
            return GatewayReport(revision: revision, isFull: false, entries: entries.sorted { $0.key < $1.key })
        case .nothing:
            return GatewayReport(revision: judged.entries(for: []).revision, isFull: false, entries: [])
        }
    }

    private func send(_ report: GatewayReport) async -> Answer {
        do {
            let request = try endpoint.report(report, from: instance, to: channel.replica.address)
            let response = try await client.send(request)
            // Read to its end, so that the connection can be used again.
            _ = try await response.body.collect(upTo: 64 << 10)
            switch response.status {
            case 200..<300: return .accepted
            case 409: return .conflict
            case let status:
                let advice =
                    switch status {
                    case 401: "Check that 'routes.tokenFile' holds a current token with the operator's audience"
                    case 403: "Check 'publication.serviceAccounts' and that the gateway reports under its pod's name"
                    default: "Check the operator's log"
                    }
                return .refused(
                    message: "It refused the report with status \(status). \(advice).",
                    retryAfter: response.headers.retryAfter
                )
            }
        } catch {
            return .unreachable(message: "\(error)")
        }
    }
}
