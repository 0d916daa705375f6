// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTransport
import RouteService
import RouteTable
import TestSupport
import Testing

@Suite("Slow readers")
struct SlowReaderTests {
    private static let tableBytes = 48 << 20

    /// More than all buffers between the server and a reader hold.
    private static func fill(_ world: RouteStreamWorld, count: Int = 3_072) {
        for index in 0..<count { _ = world.broadcast.put(TestRoutes.route("server-\(index)", size: 16_000)) }
    }

    /// Waits until the server writes no more although nobody reads.
    private static func standstill(_ world: RouteStreamWorld) async throws -> Double {
        var sent = -1.0
        var still = 0
        while still < 20 {
            let now = world.metrics.value("route_stream_sent_bytes_total{}") ?? 0
            still = now == sent && now > 0 ? still + 1 : 0
            sent = now
            try await Task.sleep(for: .milliseconds(20))
        }
        return sent
    }

    @Test("A reader that does not read holds one piece, and nothing is queued for it")
    func backPressure() async throws {
        try await RouteStreamWorld.run { world in
            Self.fill(world)
            let before = try Self.residentBytes()
            let stream = try await world.watch()
            let sent = try await Self.standstill(world)
            // The system's buffers on both sides, the client's buffer and the pieces on their way.
            #expect(sent < Double(12 << 20))
            let after = try Self.residentBytes()
            #expect(after - before < Self.tableBytes / 2)
            withExtendedLifetime(stream) {}
        }
    }

    @Test("A reader that takes nothing for a minute is cut, and the others do not notice")
    func stalled() async throws {
        try await RouteStreamWorld.run { world in
            Self.fill(world, count: 1_024)
            var other = try await world.watch()
            #expect(try await other.sync() == 1_024)
            var silent = try await world.watch()
            _ = try await Self.standstill(world)
            world.clock.advance(by: .seconds(59))
            #expect(try await other.event() == .heartbeat)
            #expect(world.metrics.value("route_stream_ends_total{reason=stalled}") == 0)
            try await Task.sleep(for: .milliseconds(100))
            world.clock.advance(by: .seconds(1))
            #expect(
                await eventually {
                    world.metrics.value("route_stream_ends_total{reason=stalled}") == 1
                }
            )
            _ = world.broadcast.put(TestRoutes.route("late"))
            var event = try await other.event()
            while event == .heartbeat { event = try await other.event() }
            #expect(event == .put(revision: 1_025, TestRoutes.route("late")))
            await #expect(throws: HTTPTransportError.self) { while try await silent.event() != nil {} }
            #expect(world.metrics.value("route_stream_readers{}") == 1)
        }
    }

    @Test("A reader that falls out of the recent changes starts over, and ends with the newest table")
    func behind() async throws {
        var options = RouteStreamWorld.Options()
        options.limits = RouteLog.Limits(changes: 10, bytes: 1 << 20)
        try await RouteStreamWorld.run(options) { world in
            Self.fill(world, count: 1_024)
            var stream = try await world.watch()
            _ = try await Self.standstill(world)
            for index in 0..<100 { _ = world.broadcast.put(TestRoutes.route("server-\(index)", version: "new")) }
            #expect(try await stream.sync() == 1_024)
            var table = RouteTableState()
            var event = try await stream.event()
            #expect(event == .reset(revision: 1_124, count: 1_024))
            while let next = event, !table.isFollowing {
                _ = try table.apply(next)
                if !table.isFollowing { event = try await stream.event() }
            }
            let new = table.snapshot.sorted.filter { $0.version == "new" }
            #expect(new.count == 100)
            #expect(world.metrics.value("route_stream_resets_total{reason=behind}") == 1)
        }
    }

    @Test("Fifty readers that do not read share one encoding of the table")
    func sharing() async throws {
        try await RouteStreamWorld.run { world in
            Self.fill(world)
            let before = try Self.residentBytes()
            var streams: [ReaderProbe] = []
            for _ in 0..<50 { streams.append(try await world.watch()) }
            _ = try await Self.standstill(world)
            // Fifty tables would take 2.4 GB.
            #expect(try Self.residentBytes() - before < 256 << 20)
            withExtendedLifetime(streams) {}
        }
    }

    /// What the process has in memory, client included.
    private static func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(fields[1])) * 4_096
    }
}
