// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import NIOConcurrencyHelpers
import OAuth
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Secrets stay secret")
struct CanaryTests {
    /// Everything that people get to see of a world.
    private func visible(_ world: BrokerWorld, _ errors: [any Error]) -> String {
        var seen = world.logs.lines + world.metrics.allSeries
        seen += world.audit.records.map { String(reflecting: $0) }
        for error in errors {
            seen += ["\(error)", String(reflecting: error), "\(Mirror(reflecting: error).children)"]
        }
        let logs = RecordedLogs()
        let sink = LogAuditSink(logger: logs.logger())
        for record in world.audit.records { sink.record(record) }
        return (seen + logs.lines).joined(separator: "\n")
    }

    @Test("G24: no log line, metric, audit record or error holds a token, an assertion or a secret")
    func canaries() async throws {
        try await withWorld { world in
            let session = try world.session(refreshToken: "canary-refresh-1")
            let errors = NIOLockedValueBox<[any Error]>([])
            func attempt(_ session: Session, _ route: VersionedRoute) async {
                do { _ = try await world.token(session, route) } catch { errors.withLockedValue { $0.append(error) } }
                // What prints a token by mistake prints these.
                dumpEverything(session, route)
            }
            _ = try await world.token(session)
            // Peers that say back what they were told.
            let echo: TokenHandler = { form, _ in
                refusing(
                    "invalid_grant",
                    [
                        "error_description": .string(
                            form.parameters.map { "\($0.name) \($0.value)" }.joined(separator: " ")
                        )
                    ]
                )
            }
            let denial: TokenHandler = { _, _ in refusing("access_denied") }
            for (number, handler) in [echo, denial].enumerated() {
                world.provider.onExchange(handler)
                await attempt(try world.session(session: "p\(number)", refreshToken: "canary-refresh-9"), .todo())
                world.provider.onExchange { _, _ in nil }
                world.clock.advance(by: .seconds(60))
                world.authServer.onRedemption(handler)
                await attempt(
                    try world.session(session: "a\(number)", refreshToken: "canary-refresh-9"),
                    .todo(ownClient: true)
                )
                world.authServer.onRedemption { _, _ in nil }
                world.clock.advance(by: .seconds(60))
            }
            world.provider.onRenewal(echo)
            world.provider.onExchange(echo)
            await attempt(try world.session("bob", session: "r", refreshToken: "canary-refresh-8"), .todo())
            let seen = visible(world, errors.withLockedValue { $0 })
            #expect(errors.withLockedValue { $0.count } >= 4)
            #expect(world.audit.records.count > 8)
            #expect(!seen.contains("canary"))
            for form in world.provider.exchanges + world.authServer.redemptions {
                for secret in ["subject_token", "assertion"].compactMap({ form[$0] }) {
                    for part in secret.split(separator: ".") where part.count > 16 { #expect(!seen.contains(part)) }
                }
            }
            // The control: what may be seen is seen.
            #expect(seen.contains("as.example") && seen.contains("invalid_grant") && seen.contains("[redacted]"))
        }
    }

    private func dumpEverything(_ session: Session, _ route: VersionedRoute) {
        var text = "\(session)\(String(reflecting: session))"
        dump(session, to: &text)
        #expect(!text.contains("canary") && !text.contains("eyJ"))
    }

    @Test("A token prints without itself")
    func printing() async throws {
        try await withWorld { world in
            let token = try await world.token(try world.session())
            var text = "\(token)\(String(reflecting: token))"
            dump(token, to: &text)
            #expect(!text.contains("canary"))
            #expect(token.token.exposed.contains("canary"))
        }
    }

    @Test("A plan, an exchange and a cache print without their secrets")
    func planning() async throws {
        try await withWorld { world in
            let session = try world.session(refreshToken: "canary-refresh-1")
            let request = try await world.broker.request(session, .todo(ownClient: true), "c-1")
            let exchange = Exchange(
                plan: request.plan,
                scopes: request.plan.scopes,
                subject: request.subject,
                start: .zero
            )
            var text = ""
            for value in [request, exchange] as [any Sendable] {
                text += "\(value)\(String(reflecting: value))"
                dump(value, to: &text)
            }
            #expect(!text.contains("canary") && !text.contains("eyJ"))
        }
    }

    @Test("Hosts beyond the two hundredth share one label")
    func hostLabels() {
        let factory = RecordedMetrics()
        let metrics = BrokerMetrics(factory: factory, hosts: HostLabels())
        for number in 0..<300 {
            metrics.sent(.jwtBearer, "https://h\(number).example/token", outcome: "granted", .seconds(1))
        }
        #expect(factory.allSeries.filter { $0.hasPrefix("token_exchange_requests_total") }.count == 201)
        #expect(
            factory.value("token_exchange_requests_total{leg=jwt_bearer,endpoint=other,outcome=granted}") == 100
        )
    }
}
