// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import RouteService
import RouteTable
import TestSupport
import Testing

@Suite("Route stream")
struct ExchangeTests {
    @Test("The lines of a whole exchange are these, byte for byte")
    func golden() async throws {
        try await RouteStreamWorld.run { world in
            _ = world.broadcast.put(TestRoutes.route("todo"))
            var stream = try await world.watch()
            #expect(stream.response.headers["Content-Type"] == "application/x-ndjson")
            #expect(stream.response.headers["Cache-Control"] == "no-store")
            #expect(try await stream.line() == #"{"type":"RESET","revision":1,"count":1}"#)
            #expect(
                try await stream.line() == """
                    {"type":"PUT","revision":1,"route":{"key":"team-a/todo","uid":"uid-todo","generation":1,\
                    "type":"streamable-http","url":"https://todo.example/mcp","resource":"https://todo.example/mcp",\
                    "timeout":30,"headers":{},"auth":{"mode":"none"},"version":"0000000000000001"}}
                    """
            )
            #expect(try await stream.line() == #"{"type":"SYNCED","revision":1}"#)
            _ = world.broadcast.remove(TestRoutes.key("todo"))
            #expect(try await stream.line() == #"{"type":"DELETE","revision":2,"key":"team-a/todo"}"#)
            try await world.isAsleep(2)
            world.clock.advance(by: .seconds(15))
            #expect(try await stream.line() == #"{"type":"HEARTBEAT"}"#)
        }
    }

    @Test("Without watch the answer ends with the table")
    func once() async throws {
        try await RouteStreamWorld.run { world in
            for name in ["a", "b", "c"] { _ = world.broadcast.put(TestRoutes.route(name)) }
            var stream = ReaderProbe(try await world.send(.get, "/v1/routes"))
            #expect(try await stream.sync() == 3)
            #expect(try await stream.line() == nil)
            #expect(await eventually { world.metrics.value("route_stream_ends_total{reason=complete}") == 1 })
            #expect(world.metrics.value("route_stream_readers{}") == 0)
        }
    }

    @Test("An empty table is a table")
    func empty() async throws {
        try await RouteStreamWorld.run { world in
            var stream = ReaderProbe(try await world.send(.get, "/v1/routes?watch=false"))
            #expect(try await stream.sync() == 0)
            #expect(try await stream.line() == nil)
        }
    }

    @Test("A parameter that is neither true nor false is refused")
    func badQuery() async throws {
        try await RouteStreamWorld.run { world in
            let answer = try await world.send(.get, "/v1/routes?watch=yes")
            #expect(answer.status == 400)
            #expect(try await answer.reason() == "BadQuery")
        }
    }

    @Test("Every change reaches every reader, in order")
    func deltas() async throws {
        try await RouteStreamWorld.run { world in
            var streams: [ReaderProbe] = []
            for _ in 0..<5 {
                var stream = try await world.watch()
                #expect(try await stream.sync() == 0)
                streams.append(stream)
            }
            for index in 1...50 {
                _ = world.broadcast.put(TestRoutes.route("todo", version: "v\(index)"))
                for position in streams.indices {
                    let event = try await streams[position].event()
                    #expect(event == .put(revision: Int64(index), TestRoutes.route("todo", version: "v\(index)")))
                }
            }
            #expect(world.metrics.value("route_stream_resets_total{reason=initial}") == 5)
            #expect(world.metrics.value("route_stream_readers{}") == 5)
        }
    }

    @Test("Nothing but the table comes between two heartbeats of a silent stream")
    func heartbeats() async throws {
        try await RouteStreamWorld.run { world in
            var stream = try await world.watch()
            _ = try await stream.sync()
            for _ in 0..<4 {
                try await world.isAsleep(2)
                world.clock.advance(by: .seconds(14))
                try await world.isAsleep(2)
                world.clock.advance(by: .seconds(1))
                #expect(try await stream.event() == .heartbeat)
            }
        }
    }

    @Test("A reader that connects again and again leaves nothing behind")
    func reconnecting() async throws {
        try await RouteStreamWorld.run { world in
            _ = world.broadcast.put(TestRoutes.route("todo"))
            for _ in 0..<100 {
                var stream = try await world.watch()
                #expect(try await stream.sync() == 1)
            }
            #expect(await eventually { world.metrics.value("route_stream_readers{}") == 0 })
            #expect(world.metrics.value("route_stream_ends_total{reason=disconnected}") == 100)
            #expect(world.metrics.value("route_stream_resets_total{reason=initial}") == 100)
        }
    }

    @Test("The log names readers and never a token")
    func logging() async throws {
        try await RouteStreamWorld.run { world in
            var stream = ReaderProbe(try await world.send(.get, "/v1/routes"))
            _ = try await stream.sync()
            _ = try await world.send(.get, "/v1/routes", token: "canary-wrong-token")
            _ = try await world.report("gateway-1", "{}")
            #expect(await eventually { world.log.text.contains("info Route stream ended") })
            #expect(world.log.text.contains("info Route stream opened"))
            #expect(world.log.text.contains("reader.name=sallyport-system/sallyport-gateway"))
            #expect(!world.log.text.contains("canary"))
        }
    }
}
