// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import RouteService
import RouteTable
import TestSupport
import Testing

@Suite("Tokens of readers")
struct TokenTests {
    @Test(
        "A request without one good bearer token is answered 401 with a challenge",
        arguments: [nil, "", "canary unknown", "canary-unknown", "a,b"] as [String?]
    )
    func unauthorized(token: String?) async throws {
        try await RouteStreamWorld.run { world in
            for answer in [
                try await world.send(.get, "/v1/routes?watch=true", token: token),
                try await world.report("gateway-1", #"{"revision":1,"full":true,"routes":[]}"#, token: token),
            ] {
                #expect(answer.status == 401)
                #expect(answer.headers["WWW-Authenticate"] == "Bearer")
                #expect(try await answer.reason() == "InvalidToken")
            }
            #expect(world.metrics.value("route_stream_refusals_total{reason=invalidToken}") == 2)
            #expect(world.receiver.received.isEmpty)
        }
    }

    @Test("A valid token of somebody else is answered 403")
    func foreign() async throws {
        try await RouteStreamWorld.run { world in
            world.tokens["canary-foreign"] = .failure(ReaderRefusal(.notAllowed, "The account may not read routes."))
            let answer = try await world.send(.get, "/v1/routes", token: "canary-foreign")
            #expect(answer.status == 403)
            #expect(try await answer.reason() == "NotAllowed")
        }
    }

    @Test("A token that nobody can check is answered 503, whatever went wrong")
    func unreachable() async throws {
        struct Broken: Error { let text = "canary-in-an-error" }
        try await RouteStreamWorld.run { world in
            world.tokens["down"] = .failure(ReaderRefusal(.unavailable, "The API server does not answer."))
            world.tokens["broken"] = .failure(Broken())
            for token in ["down", "broken"] {
                let answer = try await world.send(.get, "/v1/routes", token: token)
                #expect(answer.status == 503)
                #expect(answer.headers["Retry-After"] == "5")
                #expect(try await answer.reason() == "ReviewerUnavailable")
            }
            #expect(!world.log.text.contains("canary"))
        }
    }

    @Test("A check that takes too long is answered 503")
    func slow() async throws {
        var options = RouteStreamWorld.Options()
        options.authenticator = SilentAuthenticator()
        try await RouteStreamWorld.run(options) { world in
            async let answer = world.send(.get, "/v1/routes")
            try await world.isAsleep(2)
            world.clock.advance(by: .seconds(15))
            #expect(try await answer.status == 503)
        }
    }

    @Test("A stream ends when its token's lifetime does, and not before")
    func expiry() async throws {
        try await RouteStreamWorld.run { world in
            world.tokens["short"] = .success(ReaderIdentity(name: "short", lifetime: .seconds(100)))
            world.tokens["long"] = .success(ReaderIdentity(name: "long", lifetime: .seconds(1_000)))
            var short = try await world.watch(token: "short")
            var long = try await world.watch(token: "long")
            _ = try await short.sync()
            _ = try await long.sync()
            try await world.isAsleep(3)
            world.clock.advance(by: .seconds(99))
            #expect(try await short.event() == .heartbeat)
            #expect(try await long.event() == .heartbeat)
            try await world.isAsleep(3)
            world.clock.advance(by: .seconds(1))
            try await short.drain()
            #expect(await eventually { world.metrics.value("route_stream_ends_total{reason=expired}") == 1 })
            #expect(world.metrics.value("route_stream_readers{}") == 1)
            _ = world.broadcast.put(TestRoutes.route("todo"))
            var event = try await long.event()
            while event == .heartbeat { event = try await long.event() }
            #expect(event == .put(revision: 1, TestRoutes.route("todo")))
        }
    }

    @Test("There is room for a number of readers; one more is sent away until one leaves")
    func limit() async throws {
        var options = RouteStreamWorld.Options()
        options.settings.maximumReaders = 3
        try await RouteStreamWorld.run(options) { world in
            var streams: [ReaderProbe] = []
            for _ in 0..<3 { streams.append(try await world.watch()) }
            let refused = try await world.send(.get, "/v1/routes?watch=true")
            #expect(refused.status == 503)
            #expect(refused.headers["Retry-After"] == "10")
            #expect(try await refused.reason() == "TooManyReaders")
            #expect(world.metrics.value("route_stream_refusals_total{reason=tooManyReaders}") == 1)
            streams.removeLast()
            let admitted = try await eventually {
                try await world.send(.get, "/v1/routes").status == 200
            }
            #expect(admitted)
            #expect(streams.count == 2)
        }
    }
}
