// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Logging
import RouteTable
import ServiceLifecycle
import TestSupport
import Testing

@testable import RouteService

@Suite("Route server")
struct RouteServerTests {
    private static func server(
        _ address: RouteServerAddress,
        onListening: @escaping @Sendable (RouteServerAddress) async -> Void = { _ in }
    ) throws -> RouteServer {
        try RouteServer(
            address: address,
            broadcast: RouteBroadcast(),
            authenticator: TokenTable([:]),
            receiver: RecordingReceiver(),
            identity: nil,
            metrics: RecordingMetrics(),
            logger: RecordingLog().logger(),
            onListening: onListening
        )
    }

    @Test("Without TLS it serves on loopback addresses", arguments: ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
    func loopback(host: String) throws {
        _ = try Self.server(RouteServerAddress(host: host, port: 0))
    }

    @Test(
        "Without TLS it refuses addresses that others can reach",
        arguments: ["0.0.0.0", "::", "10.0.0.1", "127.example", "::ffff:10.0.0.1", "example.com", ""]
    )
    func needsTLS(host: String) throws {
        let error = #expect(throws: RouteServerError.self) {
            _ = try Self.server(RouteServerAddress(host: host, port: 9443))
        }
        #expect(error?.code == .needsTLS)
        #expect(error?.message.contains("publication.listen") == true)
    }

    @Test("A port in use is named")
    func portInUse() async throws {
        try await RouteStreamWorld.run { world in
            let port = try #require(world.url("").split(separator: ":").last.flatMap { Int($0) })
            let error = await #expect(throws: RouteServerError.self) {
                try await Self.server(RouteServerAddress(host: "127.0.0.1", port: port)).run()
            }
            #expect(
                error?.message == """
                    Could not listen on '127.0.0.1:\(port)': the port is in use. \
                    Stop what listens there, or set publication.listen to another port.
                    """
            )
        }
    }

    @Test("At shutdown streams end in order at once, and one that does not read is cut when grace is over")
    func shutdown() async throws {
        try await RouteStreamWorld.run { world in
            for index in 0..<1_024 { _ = world.broadcast.put(TestRoutes.route("server-\(index)", size: 16_000)) }
            let silent = try await world.watch()
            var stream = try await world.watch()
            #expect(try await stream.sync() == 1_024)
            await world.shutDown()
            // Ends as a whole message, not as a broken connection.
            #expect(try await stream.event() == nil)
            #expect(await eventually { world.metrics.value("route_stream_ends_total{reason=shutdown}") == 1 })
            #expect(world.metrics.value("route_stream_readers{}") == 1)
            // The heartbeat, the silent stream's limit, and grace.
            try await world.isAsleep(3)
            world.clock.advance(by: .seconds(2))
            #expect(
                await eventually { world.metrics.value("route_stream_readers{}") == 0 }
            )
            #expect(world.metrics.value("route_stream_ends_total{reason=shutdown}") == 2)
            withExtendedLifetime(silent) {}
        }
    }

    @Test("What is not served is answered 404")
    func unknownPath() async throws {
        try await RouteStreamWorld.run { world in
            let other = try await world.send(.get, "/v1/other")
            #expect(other.status == 404)
            let metrics = try await world.send(.get, "/metrics")
            #expect(metrics.status == 404)
        }
    }

    @Test("All series are there before anything happens")
    func metrics() async throws {
        try await RouteStreamWorld.run { world in
            #expect(world.metrics.value("route_stream_sent_bytes_total{}") == 0)
            for reason in StreamEnd.allCases {
                #expect(world.metrics.value("route_stream_ends_total{reason=\(reason.rawValue)}") == 0)
            }
            for result in ReportResult.allCases {
                #expect(world.metrics.value("route_stream_reports_total{result=\(result.rawValue)}") == 0)
            }
        }
    }
}
