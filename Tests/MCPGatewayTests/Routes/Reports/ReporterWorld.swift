// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import Logging
import NIOConcurrencyHelpers
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

/// Replicas of an operator that remember what they were told, and a table to tell them of.
final class ReporterWorld: Sendable {
    /// One report as it arrived.
    struct Received: Sendable {
        var request: OutgoingRequest
        /// The replica's address, or its host where none was given.
        var replica: String
        var report: GatewayReport
        /// When, since the world began.
        var time: Duration

        /// `name=version` of each entry, after `full` for a full report.
        var text: String {
            ((report.isFull ? ["full"] : []) + report.entries.map { "\($0.key.name)=\($0.version)" })
                .joined(separator: " ")
        }
    }

    private struct State {
        var received: [Received] = []
        var answers: [String: [IncomingResponse]] = [:]
        var broken: Set<String> = []
        var hanging: Set<String> = []
        var addresses: Result<[String], HTTPTransportError> = .success(["10.0.0.1"])
        var log: [String] = []
        var revision: Int64 = 0
    }

    private let state = NIOLockedValueBox(State())
    private let broadcast = RouteBroadcast()
    private let start: ManualClock.Instant
    let clock = ManualClock()
    let routes = LiveRoutes()
    let metrics = RecordedMetrics()

    init() { start = clock.now }

    var log: String { state.withLockedValue { $0.log.joined(separator: "\n") } }

    /// How long the world has existed, by its clock.
    var elapsed: Duration { start.duration(to: clock.now) }

    /// What one replica was told so far.
    func received(_ replica: String = "10.0.0.1") -> [Received] {
        state.withLockedValue { $0.received.filter { $0.replica == replica } }
    }

    func texts(_ replica: String = "10.0.0.1") -> [String] { received(replica).map(\.text) }

    /// The next answers of a replica, before the usual 204.
    func answer(_ answers: IncomingResponse..., by replica: String = "10.0.0.1") {
        state.withLockedValue { $0.answers[replica, default: []] += answers }
    }

    func breakReplica(_ replica: String, _ isBroken: Bool = true) {
        state.withLockedValue { if isBroken { $0.broken.insert(replica) } else { $0.broken.remove(replica) } }
    }

    func hang(_ replica: String) { state.withLockedValue { _ = $0.hanging.insert(replica) } }

    func resolve(to addresses: Result<[String], HTTPTransportError>) {
        state.withLockedValue { $0.addresses = addresses }
    }

    /// A whole new table.
    func swap(_ routes: VersionedRoute...) {
        for key in broadcast.snapshot.keys { _ = broadcast.remove(key) }
        for route in routes { _ = broadcast.put(route) }
        self.routes.replace(with: broadcast.snapshot)
    }

    func put(_ name: String, version: String = "1") {
        _ = broadcast.put(.sample(name, version: version))
        routes.change(to: broadcast.snapshot, .team(name))
    }

    func remove(_ name: String) {
        _ = broadcast.remove(.team(name))
        routes.change(to: broadcast.snapshot, .team(name))
    }

    /// Runs a reporter while `body` plays the rest of the world.
    func report(
        to replicas: RouteReplicas? = nil,
        judge: any RouteJudge = AcceptingJudge(),
        _ body: () async throws -> Void
    ) async throws {
        let instance = try #require(GatewayInstance("gateway-1"))
        let usual = RouteReplicas.resolved(try HTTPURL("https://replicas.example:9443"))
        let reporter = RouteReporter(
            as: instance,
            to: replicas ?? usual,
            token: { Redacted("token-1") },
            about: routes,
            RouteReporter.Dependencies(
                client: client,
                resolver: Resolver(world: self),
                judge: judge,
                metrics: metrics,
                logger: Logger(label: "test") { _ in
                    RecordingLogHandler { line in self.state.withLockedValue { $0.log.append(line) } }
                },
                clock: clock,
                generator: FixedGenerator()
            )
        )
        let task = Task { await reporter.run() }
        defer { task.cancel() }
        try await body()
        task.cancel()
        await task.value
    }

    private var client: ScriptedHTTPClient {
        ScriptedHTTPClient { request in
            guard case .bytes(let bytes) = request.body else { throw HTTPTransportError(.invalidRequest, "No body.") }
            let report = try GatewayReport(json: JSONValue(parsing: bytes))
            let replica = try request.address?.description ?? HTTPURL(request.url).host
            let time = self.elapsed
            let (answer, hangs) = self.state.withLockedValue { state in
                state.received.append(Received(request: request, replica: replica, report: report, time: time))
                let isBroken = state.broken.contains(replica)
                let answer = state.answers[replica]?.isEmpty == false ? state.answers[replica]?.removeFirst() : nil
                return (isBroken ? nil : answer ?? IncomingResponse(status: 204), state.hanging.contains(replica))
            }
            // Until it is cancelled: nobody moves this clock.
            if hangs { try await ManualClock().sleep(for: .seconds(1)) }
            guard let answer else { throw HTTPTransportError(.connectionFailed, "Nobody listens.") }
            return answer
        }
    }

    private struct Resolver: AddressResolver {
        let world: ReporterWorld

        func addresses(of host: String) async throws -> [IPAddress] {
            try world.state.withLockedValue { try $0.addresses.get() }.compactMap { IPAddress($0) }
        }
    }
}
