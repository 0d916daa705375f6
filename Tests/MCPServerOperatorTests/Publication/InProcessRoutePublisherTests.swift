// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import KubernetesAPI
import NIOConcurrencyHelpers
import RouteTable
import TestSupport
import Testing

@testable import MCPServerOperator

@Suite("In-process route publisher")
struct InProcessRoutePublisherTests {
    private static let key = RouteKey(ObjectKey.todo)

    private static func route(_ version: String) -> VersionedRoute {
        let route = Route(
            key: key,
            uid: "uid",
            generation: 1,
            type: "streamable-http",
            url: "https://todo.example/mcp",
            resource: "https://todo.example/mcp",
            timeout: .seconds(30),
            headers: [:],
            toolPrefix: nil,
            family: nil,
            description: nil,
            authentication: .none
        )
        return VersionedRoute(route: route, version: version)
    }

    private static func report(_ version: String, _ outcome: GatewayReport.Outcome) -> GatewayReport {
        GatewayReport(
            revision: 1,
            isFull: true,
            entries: [GatewayReport.Entry(key: key, version: version, outcome: outcome)]
        )
    }

    private static func make(gateway: String?, clock: ManualClock = ManualClock()) -> InProcessRoutePublisher {
        InProcessRoutePublisher(
            metrics: OperatorMetrics(factory: NOOPMetricsHandler.instance),
            gateway: gateway,
            clock: clock
        )
    }

    @Test("the gateway is behind until it answers for the newest version, and then its answer is what counts")
    func answers() throws {
        let clock = ManualClock()
        let publisher = Self.make(gateway: "serve", clock: clock)
        publisher.publish(Self.route("1"))
        clock.advance(by: .seconds(3))
        let waiting = try #require(publisher.progress(of: Self.key))
        #expect(waiting.gateways == 1 && waiting.programmed == 0)
        #expect(waiting.laggards == [RouteProgress.Laggard(gateway: "serve", lag: .seconds(3))])

        publisher.receive(Self.report("1", .rejected(reason: "R", message: "M.")))
        let refused = try #require(publisher.progress(of: Self.key))
        #expect(refused.programmed == 0 && refused.laggards.isEmpty)
        #expect(refused.rejections == [RouteProgress.Rejection(gateway: "serve", reason: "R", message: "M.")])

        publisher.publish(Self.route("2"))
        publisher.receive(Self.report("1", .applied))
        #expect(publisher.progress(of: Self.key)?.laggards.map(\.lag) == [.zero])

        publisher.receive(Self.report("2", .applied))
        let applied = try #require(publisher.progress(of: Self.key))
        #expect(applied.programmed == 1 && applied.laggards.isEmpty && applied.rejections.isEmpty)
    }

    @Test("the same version published again keeps its answer, and one that was taken away waits for another")
    func again() {
        let publisher = Self.make(gateway: "serve")
        publisher.publish(Self.route("1"))
        publisher.receive(Self.report("1", .applied))
        publisher.publish(Self.route("1"))
        #expect(publisher.progress(of: Self.key)?.programmed == 1)
        publisher.withdraw(Self.key)
        #expect(publisher.progress(of: Self.key) == nil)
        publisher.receive(Self.report("1", .applied))
        #expect(publisher.progress(of: Self.key) == nil)
        publisher.publish(Self.route("1"))
        #expect(publisher.progress(of: Self.key)?.programmed == 0)
    }

    @Test("an answer is told once, however often it is given")
    func tells() {
        let publisher = Self.make(gateway: "serve")
        let told = NIOLockedValueBox<[RouteKey]>([])
        publisher.onChange { key in told.withLockedValue { $0.append(key) } }
        publisher.publish(Self.route("1"))
        for _ in 0..<3 { publisher.receive(Self.report("1", .applied)) }
        publisher.receive(Self.report("0", .rejected(reason: "R", message: "M.")))
        #expect(told.withLockedValue { $0 } == [Self.key])
        publisher.receive(Self.report("1", .rejected(reason: "R", message: "M.")))
        #expect(told.withLockedValue { $0.count } == 2)
    }

    @Test("without a gateway a route in the table is in use")
    func alone() {
        let publisher = Self.make(gateway: nil)
        publisher.publish(Self.route("1"))
        #expect(publisher.progress(of: Self.key)?.programmed == 1)
        #expect(publisher.progress(of: Self.key)?.laggards.isEmpty == true)
    }
}
