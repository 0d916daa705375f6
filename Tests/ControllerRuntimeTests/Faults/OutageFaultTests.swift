// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import CoreMetrics
import Curl
import HTTPTransport
import JSON
import KubernetesAPI
import KubernetesClient
import KubernetesTesting
import Logging
import TestSupport
import Testing

/// What a reflector makes of a server that is gone for a while, over real sockets.
@Suite("Faults while the server is away", .timeLimit(.minutes(10)))
struct OutageFaultTests {
    @Test("T26: while connections are refused it waits longer and longer, and then watches on without a list")
    func holds() async throws {
        let found = try await Self.violations(goesAway: true)
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    @Test("T26: with a server that stays the same case fails, so it can fail")
    func negativeControl() async throws {
        #expect(try await !Self.violations(goesAway: false).isEmpty)
    }

    private static func violations(goesAway: Bool) async throws -> [String] {
        let model = ObjectModel(apiVersion: "test.example/v1", kind: "Widget")
        model.put("team", "a", ["size": 1])
        let clock = SkippingClock()
        let store = Store<SizedWidget>()
        let transport = try CurlTransport()
        var found = Violations()
        let (addresses, address) = AsyncStream.makeStream(of: String.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                for await url in addresses { try await reflector(url, store, transport, clock).run() }
            }
            let (port, hasFollowed) = try await ScriptedAPIServer.withServer { request, _ in
                model.answer(request)
            } _: { server in
                address.yield(server.url)
                return (server.port, await eventually { server.requests.count == 2 })
            }
            found.check(hasFollowed, "it did not follow the first server")
            guard goesAway else { return }
            // Nobody listens now; every pause is skipped, so a storm would show as many requests, not as time.
            found.check(await eventually { clock.pauses.count >= 8 }, "it did not pause: \(clock.pauses)")
            model.put("team", "b", ["size": 2])
            let (requests, hasReturned) = try await ScriptedAPIServer.withServer(port: port) { request, _ in
                model.answer(request)
            } _: { server in
                let hasReturned = await eventually { store.syncedTo()?.rawValue == "\(model.version)" }
                return (server.requests.map(\.summary), hasReturned)
            }
            found.check(hasReturned, "it did not follow the second server")
            found.check(requests == ["WATCH resourceVersion=2"], "the second server was asked \(requests)")
        }
        await transport.shutdown()
        let pauses = clock.pauses
        found.check(pauses.count >= 8 && (pauses.max() ?? .zero) >= .seconds(8), "pauses: \(pauses)")
        return found.found
    }

    private static func reflector(
        _ url: String,
        _ store: Store<SizedWidget>,
        _ transport: CurlTransport,
        _ clock: SkippingClock
    ) throws -> Reflector<SizedWidget> {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let client = try ClusterClient(
            configuration: ClusterConfiguration(server: HTTPURL(url)),
            transport: PatientTransport(transport),
            userAgent: "test",
            clock: clock,
            logger: logger,
            metrics: NOOPMetricsHandler.instance
        )
        return Reflector(
            client.resources(SizedWidget.self, in: .cluster),
            into: store,
            prefersStreaming: false,
            gate: ListGate(),
            logger: logger,
            clock: clock
        )
    }
}
