// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOConcurrencyHelpers
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("In-process reporter", .timeLimit(.minutes(10)))
struct InProcessReporterTests {
    /// Applies what it is not told to refuse.
    private final class Judge: RouteJudge {
        private let outcomes = NIOLockedValueBox<[String: GatewayReport.Outcome]>([:])

        func set(_ name: String, _ outcome: GatewayReport.Outcome) { outcomes.withLockedValue { $0[name] = outcome } }

        func judge(_ route: VersionedRoute) -> GatewayReport.Outcome {
            outcomes.withLockedValue { $0[route.route.key.name] } ?? .applied
        }
    }

    /// A table, the gateway's part, and what the operator was told.
    private struct Process: Sendable {
        let broadcast = RouteBroadcast()
        let routes = LiveRoutes()
        let judge = Judge()
        let clock = ManualClock()
        let reports = NIOLockedValueBox<[GatewayReport]>([])

        var count: Int { reports.withLockedValue { $0.count } }
        var last: GatewayReport? { reports.withLockedValue { $0.last } }

        /// The last report's outcomes, sorted by the routes' names.
        var outcomes: [GatewayReport.Outcome] { last?.entries.map(\.outcome) ?? [] }

        func put(_ name: String, version: String = "1") {
            _ = broadcast.put(.sample(name, version: version))
            routes.replace(with: broadcast.snapshot)
        }

        /// Runs the reporter until `body` returns.
        func run(_ body: () async throws -> Void) async throws {
            let reporter = InProcessReporter(
                about: routes,
                judge: judge,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                clock: clock,
                to: { report in reports.withLockedValue { $0.append(report) } }
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await reporter.run() }
                try await body()
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    private static let refusal = GatewayReport.Outcome.rejected(reason: "ResourceMismatch", message: "Correct it.")

    @Test("Each table is answered for in full, and a verdict that changes by itself is told within 15 s")
    func answers() async throws {
        let process = Process()
        process.judge.set("b", Self.refusal)
        try await process.run {
            process.put("a")
            process.put("b")
            try await until("both are answered for") { process.outcomes.count == 2 }
            #expect(process.outcomes == [.applied, Self.refusal])
            #expect(process.last?.isFull == true)
            #expect(process.last?.revision == process.broadcast.snapshot.revision)
            process.judge.set("b", .applied)
            try await until("the judge is asked again") {
                process.clock.advance(by: .seconds(1))
                return process.outcomes == [.applied, .applied]
            }
        }
    }

    @Test("The same table again is answered for again: the operator may have published it anew")
    func again() async throws {
        let process = Process()
        try await process.run {
            process.put("a")
            try await until("it is answered for") { process.outcomes == [.applied] }
            let count = process.count
            process.put("a")
            try await until("it is answered for again") { process.count > count }
            #expect(process.last?.entries.map(\.version) == ["1"])
        }
    }

    @Test("A verdict that waits for metadata is told once it is there, or after a second as it is")
    func open() async throws {
        let process = Process()
        let open = GatewayReport.Outcome.rejected(reason: "DiscoveryFailed", message: "It is being read.")
        process.judge.set("a", open)
        try await process.run {
            process.put("a")
            try await until("the rest is answered for") { process.count > 0 }
            process.judge.set("a", .applied)
            try await until("the metadata is noticed") {
                process.clock.advance(by: .milliseconds(100))
                return process.outcomes == [.applied]
            }
            #expect(!process.reports.withLockedValue { $0.flatMap(\.entries) }.contains { $0.outcome == open })
            process.judge.set("b", open)
            process.put("b")
            try await until("it is told as it is") {
                process.clock.advance(by: .milliseconds(100))
                return process.outcomes == [.applied, open]
            }
        }
    }
}
