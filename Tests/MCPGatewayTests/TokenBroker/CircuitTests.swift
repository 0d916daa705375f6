// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Endpoints out of order")
struct CircuitTests {
    @Test("While the provider is down one call finds out, and later one at a time; then all goes on")
    func outage() async throws {
        try await withWorld { world in
            world.provider.onExchange { _, _ in throw HTTPTransportError(.connectionFailed, "refused") }
            for second in 0..<300 {
                let error = try await world.refusal(try world.session("u\(second)"))
                #expect(error?.reason == .exchangeUnavailable)
                world.clock.advance(by: .seconds(1))
            }
            // 1 + 2 + 4 + 8 + 16 seconds, and then every half minute, less a quarter at most.
            #expect((13...20).contains(world.legs.exchanges))
            world.provider.onExchange { _, _ in nil }
            world.clock.advance(by: .seconds(31))
            _ = try await world.token(try world.session("late"))
            _ = try await world.token(try world.session("later"))
        }
    }

    @Test("The refusal names the caller's own server, and says that nobody was asked")
    func ownServer() async throws {
        try await withWorld { world in
            world.provider.onExchange { _, _ in json(503, [:], ["Retry-After": "7"]) }
            _ = try await world.refusal(try world.session(), .todo("first"))
            let error = try #require(try await world.refusal(try world.session("bob"), .todo("second")))
            #expect(error.cause == "circuit_open" && error.retryAfter == .seconds(7))
            #expect(error.message.contains("team/second") && !error.message.contains("first"))
            #expect(world.legs.exchanges == 1)
            #expect(world.metrics.sum("token_broker_circuit_open") == 1)
        }
    }

    @Test("A host counts as out of order while one of its endpoints is that somebody asks")
    func gauge() {
        let recorded = RecordedMetrics()
        let metrics = BrokerMetrics(factory: recorded, hosts: HostLabels())
        let (first, second) = ("https://as.example/first", "https://as.example/second")
        var values: [Double?] = []
        let reports: [(String, Duration?, Duration)] = [
            (first, .seconds(60), .zero), (second, nil, .zero), (second, .seconds(70), .zero), (first, nil, .zero),
            (second, nil, .zero), (first, .seconds(60), .zero), (second, nil, .seconds(59)),
            (second, nil, .seconds(60)),
        ]
        for (endpoint, end, now) in reports {
            metrics.circuit(endpoint, openUntil: end, at: now)
            values.append(recorded.value("token_broker_circuit_open{endpoint=as.example}"))
        }
        #expect(values == [1, 1, 1, 1, 0, 1, 1, 0])
    }

    @Test("What waits for the endpoints of a host is counted together, and a queue that never was is empty")
    func queueGauge() {
        let recorded = RecordedMetrics()
        let metrics = BrokerMetrics(factory: recorded, hosts: HostLabels())
        let (first, second) = ("https://as.example/first", "https://as.example/second")
        let series = "token_broker_queue_length{endpoint=as.example}"
        #expect(recorded.value(series) == nil)
        metrics.waited(for: first, .zero)
        #expect(recorded.value(series) == 0)
        var values: [Double?] = []
        for (endpoint, count) in [(first, 1), (second, 3), (first, 2), (second, 0), (first, 0)] {
            metrics.waiting(for: endpoint, count)
            // Whoever passes by changes nothing.
            metrics.waited(for: second, .zero)
            values.append(recorded.value(series))
        }
        #expect(values == [1, 4, 5, 2, 0])
    }

    @Test("Users with live tokens notice nothing of an outage")
    func liveTokens() async throws {
        try await withWorld { world in
            _ = try await world.token(try world.session())
            world.provider.onExchange { _, _ in throw HTTPTransportError(.timedOut, "slow") }
            _ = try await world.refusal(try world.session("bob"))
            _ = try await world.token(try world.session())
        }
    }

    @Test("An endpoint that our own rules keep us from is not out of order for others, and waiting does not help")
    func forbiddenAddress() async throws {
        try await withWorld { world in
            world.authServer.onRedemption { _, number in
                if number == 1 { throw HTTPTransportError(.addressForbidden, "10.0.0.1") }
                return nil
            }
            let error = try await world.refusal(try world.session())
            #expect(error?.reason == .serverMisconfigured && error?.cause == "insecure_endpoint")
            _ = try await world.token(try world.session("bob"))
        }
    }

    @Test("A provider that answered works, whatever comes of the leg after it", arguments: ["access_denied", "down"])
    func secondLegFails(_ failure: String) async throws {
        try await withWorld { world in
            world.provider.onExchange { _, number in number == 1 ? json(503, [:]) : nil }
            _ = try await world.refusal(try world.session())
            world.clock.advance(by: .seconds(2))
            world.authServer.onRedemption { _, _ in
                if failure == "down" { throw HTTPTransportError(.connectionFailed, "refused") }
                return refusing(failure)
            }
            _ = try await world.refusal(try world.session("probe"))
            #expect(world.broker.state.withLockedValue { $0.openUntil(FakeProvider.tokenEndpoint) == nil })
            #expect(
                world.broker.state.withLockedValue { $0.openUntil(FakeAuthServer.tokenEndpoint) != nil }
                    == (failure == "down")
            )
        }
    }

    @Test("A probe that is refused for its own sake closes the circuit for the others")
    func answeredProbe() async throws {
        try await withWorld { world in
            world.provider.onExchange { _, number in
                number == 1 ? json(503, [:]) : number == 2 ? refusing("access_denied") : nil
            }
            _ = try await world.refusal(try world.session())
            world.clock.advance(by: .seconds(2))
            #expect(try await world.refusal(try world.session("denied"))?.reason == .policyDenied)
            _ = try await world.token(try world.session("bob"))
        }
    }
}
