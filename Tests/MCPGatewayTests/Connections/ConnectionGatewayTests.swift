// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import NIOConcurrencyHelpers
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Gateway before servers whose users consent", .timeLimit(.minutes(10)))
struct ConnectionGatewayTests {
    private func tokens(_ gateway: GatewayWorld) -> [String?] {
        gateway.upstream.requests.map { $0.headers["Authorization"] }
    }

    @Test("Without consent nothing is sent; with it the server gets its token, and nothing of the caller's")
    func consent() async throws {
        try await GatewayWorld.run(routes: [.consenting()], server: GatewayWorld.content) { gateway in
            let refused = try await gateway.send()
            #expect(refused.status == 403)
            #expect(try GatewayWorld.reason(refused) == "ConnectionRequired")
            #expect(gateway.upstream.requests.isEmpty)
            #expect(gateway.world.audit.reasons == [.connectionRequired])
            try await gateway.peers.connect(try gateway.world.session())
            let answer = try await gateway.send(headers: ["Cookie": "canary"])
            #expect(answer.status == 200)
            #expect(tokens(gateway) == ["Bearer canary-access-3-0123456789"])
            #expect(gateway.upstream.requests.first?.headers["Cookie"] == nil)
            #expect(try await gateway.send(as: "bob").status == 403)
            #expect(gateway.world.legs == (0, 0))
        }
    }

    @Test("A refused token is refreshed once; when its successor is refused too, the server is left alone for a while")
    func refusedToken() async throws {
        let refusals = NIOLockedValueBox(1)
        let server: ScriptedHTTPClient.Handler = { _ in
            let isRefused = refusals.withLockedValue { count in
                count -= 1
                return count >= 0
            }
            return isRefused ? IncomingResponse(status: 401) : GatewayWorld.good()
        }
        try await GatewayWorld.run(routes: [.consenting()], server: server) { gateway in
            try await gateway.peers.connect(try gateway.world.session())
            #expect(try await gateway.send().status == 200)
            #expect(Set(tokens(gateway)).count == 2)
            gateway.world.clock.advance(by: ConnectionState.freshness)
            refusals.withLockedValue { $0 = 2 }
            let refused = try await gateway.send()
            #expect(refused.status == 502)
            #expect(try GatewayWorld.reason(refused) == "UpstreamRejectedToken")
            #expect(gateway.upstream.requests.count == 4)
            #expect(try await gateway.send().status == 502)
            #expect(gateway.upstream.requests.count == 4)
            // It was a bad minute, and nobody has to consent again.
            gateway.world.clock.advance(by: ConnectionState.freshness)
            #expect(try await gateway.send().status == 200)
        }
    }

    @Test("A server that refuses each large request gets one token in the place of the first, and is left alone then")
    func largeRequests() async throws {
        var limits = RelayLimits()
        limits.heldBody = 4
        let server: ScriptedHTTPClient.Handler = { _ in IncomingResponse(status: 401) }
        try await GatewayWorld.run(routes: [.consenting()], limits: limits, server: server) { gateway in
            try await gateway.peers.connect(try gateway.world.session())
            for _ in 0..<10 {
                #expect(try GatewayWorld.reason(try await gateway.send()) == "UpstreamRejectedToken")
            }
            #expect(gateway.upstream.requests.count == 2)
            #expect(gateway.peers.server.requests.compactMap { $0["refresh_token"] }.count == 1)
        }
    }

    @Test("A server that wants more scopes has the user asked again, with both")
    func stepUp() async throws {
        let server: ScriptedHTTPClient.Handler = { _ in
            let challenge = "Bearer error=\"insufficient_scope\", scope=\"todo.write\""
            return IncomingResponse(status: 403, headers: ["WWW-Authenticate": challenge])
        }
        let route = VersionedRoute.consenting { $0.scopes = ["todo.read"] }
        try await GatewayWorld.run(routes: [route], server: server) { gateway in
            let alice = try gateway.world.session()
            try await gateway.peers.connect(alice, route)
            #expect(try GatewayWorld.reason(try await gateway.send()) == "ConnectionRequired")
            let url = try await gateway.peers.begin(alice, route)
            #expect(FakeConsentServer.parameters(url)["scope"] == "todo.read todo.write")
        }
    }

    @Test("A request too large to be held has the user asked for what the server wants as well")
    func largeStepUp() async throws {
        var limits = RelayLimits()
        limits.heldBody = 4
        let server: ScriptedHTTPClient.Handler = { _ in
            let challenge = "Bearer error=\"insufficient_scope\", scope=\"todo.write\""
            return IncomingResponse(status: 403, headers: ["WWW-Authenticate": challenge])
        }
        let route = VersionedRoute.consenting { $0.scopes = ["todo.read"] }
        try await GatewayWorld.run(routes: [route], limits: limits, server: server) { gateway in
            let alice = try gateway.world.session()
            try await gateway.peers.connect(alice, route)
            #expect(try GatewayWorld.reason(try await gateway.send()) == "ConnectionRequired")
            #expect(gateway.upstream.requests.count == 1)
            let url = try await gateway.peers.begin(alice, route)
            #expect(FakeConsentServer.parameters(url)["scope"] == "todo.read todo.write")
        }
    }

    @Test("What the gateway is to authorization servers anybody may read, for an hour")
    func document() async throws {
        try await GatewayWorld.run(server: GatewayWorld.content) { gateway in
            let answer = try await gateway.send("GET", "/.well-known/oauth-client.json", as: nil)
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == "application/json")
            #expect(answer.headers["Cache-Control"] == "max-age=3600")
            #expect(
                try await GatewayWorld.text(answer)
                    == #"{"client_id":"https://gw.example/.well-known/oauth-client.json","client_name":"Sallyport","#
                    + #""redirect_uris":["https://gw.example/connect/callback"],"#
                    + #""grant_types":["authorization_code","refresh_token"],"response_types":["code"],"#
                    + #""token_endpoint_auth_method":"none"}"#
            )
            #expect(try await gateway.send("POST", "/.well-known/oauth-client.json").status == 405)
        }
    }

    @Test("The list of servers says who is connected and who has to consent")
    func listing() async throws {
        try await GatewayWorld.run(routes: [.consenting()], server: GatewayWorld.content) { gateway in
            func states() async throws -> [String?] {
                let text = try await GatewayWorld.text(try await gateway.send("GET", "/servers"))
                let server = try JSONValue(parsing: Array(text.utf8))["servers"]?[0]
                return [server?["state"]?.stringValue, server?["reason"]?.stringValue]
            }
            #expect(try await states() == ["available", "ConnectionRequired"])
            try await gateway.peers.connect(try gateway.world.session())
            #expect(try await states() == ["connected", ""])
        }
    }

    @Test("The judge lets such routes through")
    func judge() async throws {
        try await ConnectionWorld.run { world in
            let judge = TrustingJudge(trust: .sample, directory: world.world.directory)
            #expect(judge.judge(.consenting()) == .applied)
        }
    }
}
