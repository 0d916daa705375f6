// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import Logging
import TestSupport
import Testing

@testable import DemoWorld

@Suite("Demonstration service")
struct DemoServiceTests {
    private static func service(host: String, port: Int? = nil) throws -> DemoService {
        try DemoService(
            host: host,
            firstPort: port,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onListening: { _ in }
        )
    }

    @Test("It listens on loopback addresses", arguments: ["127.0.0.1", "127.1.2.3", "::1"])
    func loopback(host: String) throws { _ = try Self.service(host: host) }

    @Test(
        "It refuses every other address",
        arguments: ["0.0.0.0", "::", "10.0.0.1", "127.example", "localhost", "::ffff:127.0.0.1", ""]
    )
    func others(host: String) {
        let error = #expect(throws: DemoServiceError.self) { _ = try Self.service(host: host) }
        #expect(error?.code == .notLoopback)
    }

    @Test("It refuses ports that do not exist", arguments: [0, -1, 65_532, 100_000])
    func ports(port: Int) {
        let error = #expect(throws: DemoServiceError.self) { _ = try Self.service(host: "127.0.0.1", port: port) }
        #expect(error?.code == .badPort)
    }

    @Test("A port in use ends it with a sentence")
    func portInUse() async throws {
        try await DemoServiceWorld.run { world in
            let text = try #require(world.enterprise.addresses.identityProvider.split(separator: ":").last)
            let service = try Self.service(host: "127.0.0.1", port: min(try #require(Int(text)), 65_525))
            let error = await #expect(throws: DemoServiceError.self) { try await service.run() }
            #expect(error?.code == .cannotListen)
            #expect(error?.message.contains("a port is in use") == true)
        }
    }

    @Test("Alice signs in, gets an ID-JAG, an access token, and her answer; nobody saw more than they should")
    func alice() async throws {
        try await DemoServiceWorld.run { world in
            let idToken = try await world.signIn("alice")
            for server in MCPServerName.managed {
                let unauthorized = try await world.call(server, "tools/list", token: nil)
                #expect(unauthorized.status == 401)
                #expect(
                    unauthorized.headers["WWW-Authenticate"]?.contains(
                        world.enterprise.addresses.resourceMetadata(server)
                    )
                        == true
                )
                let idJAG = try #require(try await world.exchange(idToken, server)["access_token"])
                let redeemed = try await world.redeem(idJAG)
                #expect(redeemed.status == 200)
                #expect(try await world.redeem(idJAG)["error"] == "invalid_grant")
                let token = try #require(redeemed["access_token"])
                let list = try await world.call(server, "tools/list", token: token)
                #expect(list.json?["result"]?["tools"]?.arrayValue?.count == 2)
                let who = try await world.call(server, "tools/call", tool: "whoami", token: token)
                #expect(who.json?["result"]?["structuredContent"]?["user"] == "alice")
                let counters = try await world.counters(.mcp(server))
                #expect(counters["requests"] == 3)
                #expect(counters["details"]?["token-accepted"] == 2)
                #expect(counters["details"]?["token-missing"] == 1)
                #expect(counters["details"]?["token-foreign"] == nil)
                #expect(counters["headerNames"]?.arrayValue?.contains("authorization") == true)
            }
            #expect(try await world.counters(.identityProviderToken)["statuses"] == ["200": 2])
            #expect(try await world.counters(.authorizationServerToken)["statuses"] == ["200": 2, "400": 2])
        }
    }

    @Test("Bob may read one server, and the identity provider refuses him the other")
    func bob() async throws {
        try await DemoServiceWorld.run { world in
            let idToken = try await world.signIn("bob")
            let idJAG = try #require(try await world.exchange(idToken, .todo)["access_token"])
            let token = try #require(try await world.redeem(idJAG)["access_token"])
            let who = try await world.call(.todo, "tools/call", tool: "whoami", token: token)
            #expect(who.json?["result"]?["structuredContent"]?["user"] == "bob")
            #expect(who.json?["result"]?["structuredContent"]?["scope"] == "todo.read")
            #expect(try await world.call(.todo, "tools/call", tool: "add_item", token: token).status == 403)
            let refused = try await world.exchange(idToken, .payroll)
            #expect(refused.status == 400)
            #expect(refused["error"] == "access_denied")
            #expect(try await world.call(.payroll, "tools/list", token: token).status == 401)
            #expect(try await world.counters(.mcp(.payroll))["details"]?["token-of-other-resource"] == 1)
        }
    }

    @Test("A connection can be closed before or after the work is done, and each request arrives once")
    func closing() async throws {
        try await DemoServiceWorld.run { world in
            let idToken = try await world.signIn("alice")
            try await world.setFaults(["as.token": ["close": "before-processing", "times": 1]])
            let first = try #require(try await world.exchange(idToken, .todo)["access_token"])
            await #expect(throws: HTTPTransportError.self) { _ = try await world.redeem(first) }
            #expect(try await world.redeem(first).status == 200)
            try await world.setFaults(["as.token": ["close": "after-processing", "times": 1]])
            let second = try #require(try await world.exchange(idToken, .todo)["access_token"])
            await #expect(throws: HTTPTransportError.self) { _ = try await world.redeem(second) }
            // It was used up, although nobody got the token.
            #expect(try await world.redeem(second)["error"] == "invalid_grant")
            let counters = try await world.counters(.authorizationServerToken)
            #expect(counters["requests"] == 4)
            #expect(counters["faults"] == 2)
            #expect(counters["statuses"] == ["200": 1, "400": 1])
        }
    }

    @Test("A request can hang until its caller gives up, or be late")
    func hanging() async throws {
        try await DemoServiceWorld.run { world in
            let idToken = try await world.signIn("alice")
            try await world.setFaults(["idp.token": ["hang": true]])
            let error = await #expect(throws: HTTPTransportError.self) {
                _ = try await world.exchange(idToken, .todo, total: .milliseconds(300))
            }
            #expect(error?.mayHaveBeenSent == true)
            try await world.setFaults(["idp.token": ["delay": .double(0.2), "times": 1]])
            let clock = ContinuousClock()
            let start = clock.now
            #expect(try await world.exchange(idToken, .todo).status == 200)
            #expect(start.duration(to: clock.now) >= .milliseconds(200))
            #expect(try await world.counters(.identityProviderToken)["requests"] == 2)
        }
    }

    @Test("W20: a body can come a byte at a time, and does not keep the service from stopping")
    func trickling() async throws {
        try await DemoServiceWorld.run { world in
            let url = world.enterprise.addresses.identityProvider + "/keys"
            try await world.setFaults(["idp.keys": ["trickle": .double(0.001), "times": 1]])
            #expect(try JWKSet(parsing: try await world.send(.get, url).bytes).keys.count == 1)
            try await world.setFaults(["idp.keys": ["trickle": 1]])
            await #expect(throws: HTTPTransportError.self) {
                _ = try await world.send(.get, url, total: .milliseconds(300))
            }
        }
    }

    @Test("A request that hangs does not keep the service from stopping")
    func stopping() async throws {
        var hanging: Task<Int, any Error>?
        try await DemoServiceWorld.run { world in
            let idToken = try await world.signIn("alice")
            try await world.setFaults(["idp.token": ["hang": true]])
            // Awaited after the service has stopped.
            hanging = Task { try await world.exchange(idToken, .todo).status }
            #expect(await eventually { world.enterprise.counters[.identityProviderToken].requests == 1 })
        }
        let result = await hanging?.result
        if case .success(let status)? = result { #expect(status == 500) }
    }

    @Test("V13: a body that is too long is refused, and unknown paths are counted")
    func bounds() async throws {
        try await DemoServiceWorld.run { world in
            let url = world.enterprise.addresses.authorizationServerTokenEndpoint
            let long = String(repeating: "a", count: DemoListener.longestBody + 1)
            #expect(try await world.send(.post, url, body: long).status == 413)
            #expect(try await world.send(.get, world.enterprise.addresses.identityProvider + "/other").status == 404)
            #expect(try await world.counters(.unknownPath(.identityProvider))["requests"] == 1)
            let keys = try await world.send(.get, world.enterprise.addresses.identityProvider + "/keys")
            #expect(try JWKSet(parsing: keys.bytes).keys.count == 1)
        }
    }
}
