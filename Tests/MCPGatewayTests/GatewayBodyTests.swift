// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import NIOConcurrencyHelpers
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Answers on their way", .timeLimit(.minutes(10)))
struct GatewayBodyTests {
    @Test("A stream ends when its user's sign-in ends, and not before")
    func streamEnds() async throws {
        let body = OpenBody()
        let server: ScriptedHTTPClient.Handler = { _ in
            IncomingResponse(status: 200, headers: ["Content-Type": "text/event-stream"], body: ResponseBody(body))
        }
        var route = VersionedRoute.todo().route
        route.authentication = .none
        let open = VersionedRoute(route: route, version: "1")
        try await GatewayWorld.run(routes: [open], server: server) { gateway in
            let answer = try await gateway.send("GET")
            guard case .relayed(let relayed) = answer.body else {
                Issue.record("There is no stream.")
                return
            }
            #expect(relayed.isStream)
            async let supervision: Void = relayed.supervise()
            body.send("data: 1\n\n")
            #expect(try await relayed.next() == Array("data: 1\n\n".utf8))
            for _ in 0..<60 {
                try await until("somebody waits") { gateway.world.clock.sleeperCount > 0 }
                if body.isCancelled { break }
                gateway.world.clock.advance(by: .seconds(120))
                for _ in 0..<20 { await Task.yield() }
            }
            await supervision
            #expect(body.isCancelled)
            #expect(gateway.world.clock.now.offset >= .seconds(3_600))
            #expect(try await relayed.next() == nil)
            #expect(gateway.world.metrics.value("gateway_streams{}") == 0)
        }
    }

    @Test("A client who leaves while it waits for more ends the answer")
    func leaving() async throws {
        let body = OpenBody()
        let server: ScriptedHTTPClient.Handler = { _ in
            IncomingResponse(status: 200, headers: ["Content-Type": "application/json"], body: ResponseBody(body))
        }
        try await GatewayWorld.run(server: server) { gateway in
            guard case .relayed(let relayed) = try await gateway.send().body else {
                Issue.record("There is no body.")
                return
            }
            body.send("{")
            #expect(try await relayed.next() == Array("{".utf8))
            body.cancel()
            await #expect(throws: RelayedBody.Broken.self) { try await relayed.next() }
            #expect(gateway.world.metrics.value("gateway_bodies_total{reason=client_left}") == 1)
        }
    }

    @Test("A message that is too large ends the answer, and there is no more room than agreed for streams")
    func bounds() async throws {
        var limits = RelayLimits()
        limits.responseMessage = 20
        limits.streams = 1
        let server: ScriptedHTTPClient.Handler = { request in
            guard request.method == .get else {
                return IncomingResponse(
                    status: 200,
                    headers: ["Content-Type": "application/json"],
                    body: ResponseBody(bytes: [UInt8](repeating: 0x20, count: 21))
                )
            }
            return IncomingResponse(
                status: 200,
                headers: ["Content-Type": "text/event-stream"],
                body: ResponseBody(OpenBody())
            )
        }
        try await GatewayWorld.run(limits: limits, server: server) { gateway in
            let large = try await gateway.send()
            await #expect(throws: RelayedBody.Broken.self) { try await GatewayWorld.text(large) }
            let first = try await gateway.send("GET")
            let count = gateway.upstream.requests.count
            for method in ["GET", "POST"] {
                let second = try await gateway.send(method)
                #expect(second.status == 503)
                #expect(try GatewayWorld.reason(second) == "TooManyStreams")
            }
            // Whoever is told to come again had nothing done.
            #expect(gateway.upstream.requests.count == count)
            #expect(try await gateway.send("GET", headers: ["Accept": "application/json"]).status == 502)
            if case .relayed(let relayed) = first.body { relayed.stop(.clientLeft) }
            #expect(try await gateway.send("GET").status == 200)
        }
    }

    @Test(
        "An answer of another length than announced is cut, so that it is not taken for the next one",
        arguments: [["{}", "HTTP/1.1 200 OK"], ["{}X"], ["{"], []]
    )
    func otherLength(_ chunks: [String]) async throws {
        let server: ScriptedHTTPClient.Handler = { request in
            let isWhole = request.method == .delete
            return IncomingResponse(
                status: 200,
                headers: ["Content-Type": "application/json", "Content-Length": "2"],
                body: ResponseBody(chunks: isWhole ? [Array("{}".utf8)] : chunks.map { Array($0.utf8) })
            )
        }
        try await GatewayWorld.run(server: server) { gateway in
            let answer = try await gateway.send()
            guard case .relayed(let relayed) = answer.body else {
                Issue.record("There is no body.")
                return
            }
            #expect(relayed.length == 2)
            await #expect(throws: RelayedBody.Broken.self) { try await GatewayWorld.text(answer) }
            // The control.
            #expect(try await GatewayWorld.text(try await gateway.send("DELETE")) == "{}")
        }
    }

    @Test("A length that can be read in two ways is not announced", arguments: ["Transfer-Encoding", "Content-Length"])
    func twoLengths(_ field: String) async throws {
        let server: ScriptedHTTPClient.Handler = { _ in
            var headers: HTTPHeaders = ["Content-Type": "application/json", "Content-Length": "2"]
            headers.add(name: field, value: field == "Content-Length" ? "7" : "chunked")
            return IncomingResponse(status: 200, headers: headers, body: ResponseBody(bytes: Array("{}".utf8)))
        }
        try await GatewayWorld.run(server: server) { gateway in
            if case .relayed(let relayed) = try await gateway.send().body { #expect(relayed.length == nil) }
        }
    }
}
