// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JSON
import Testing

@testable import DemoWorld

@Suite("MCP servers of the demonstration")
struct DemoMCPServerTests {
    private static func result(_ answer: DemoAnswer) -> JSONValue? { answer.json?["result"] }

    @Test("It initializes, lists its tools, and tells whom the token is for")
    func usual() throws {
        let world = try EnterpriseWorld()
        let token = try world.accessToken("alice", scope: "todo.read")
        let initialized = world.call(.todo, "initialize", ["protocolVersion": "2025-06-18"], token: token)
        #expect(initialized.status == 200)
        #expect(Self.result(initialized)?["protocolVersion"] == "2025-06-18")
        let session = try #require(initialized.headers[.mcpSessionID])
        let list = world.call(.todo, "tools/list", token: token, session: session)
        #expect(
            Self.result(list)?["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == ["whoami", "add_item"]
        )
        let called = world.call(.todo, "tools/call", ["name": "whoami"], token: token, session: session)
        let who = Self.result(called)?["structuredContent"]
        #expect(who?["user"] == "alice")
        #expect(who?["scope"] == "todo.read")
        #expect(who?["client"] == .string(DemoCredentials.authorizationServerClient))
        #expect(Self.result(world.call(.todo, "ping", token: token)) == [:])
    }

    @Test("Without a token it says where one is to be had; a bad one is named as such")
    func unauthorized() throws {
        let world = try EnterpriseWorld()
        let missing = world.call(.todo, "ping", token: nil)
        #expect(missing.status == 401)
        #expect(
            missing.headers[.wwwAuthenticate] == """
                Bearer resource_metadata="https://todo.test/.well-known/oauth-protected-resource/mcp", scope="todo.read"
                """
        )
        let bad = world.call(.todo, "ping", token: "unknown")
        #expect(bad.status == 401)
        #expect(bad.headers[.wwwAuthenticate]?.hasPrefix("Bearer error=\"invalid_token\", ") == true)
        let path = "/.well-known/oauth-protected-resource/mcp"
        let metadata = world.send(DemoRequest(method: "GET", path: path), to: .mcpMetadata(.todo))
        #expect(metadata["resource"] == "https://todo.test/mcp")
        #expect(metadata.json?["authorization_servers"] == ["https://ras.test"])
    }

    @Test("V162: an ID-JAG, an ID token and a token for another server open nothing, and are counted as what they are")
    func foreignTokens() throws {
        let world = try EnterpriseWorld()
        let foreign = [
            (try world.idJAG("alice"), "token-foreign"), (try world.signIn("alice").id, "token-foreign"),
            (try world.accessToken("alice", .payroll), "token-of-other-resource"),
            (try world.signIn("alice").refresh, "token-unknown"),
        ]
        for (token, word) in foreign {
            let answer = world.call(.todo, "ping", token: token)
            #expect(answer.status == 401)
            #expect(answer.details == [word])
        }
        world.time.advance(by: .seconds(1))
        let token = try world.accessToken("alice")
        #expect(world.call(.todo, "ping", token: token).details == ["ping", "token-accepted"])
        world.time.advance(by: .seconds(300))
        #expect(world.call(.todo, "ping", token: token).details == ["token-unknown"])
    }

    @Test("The tool that needs a further scope asks for it, and works with it")
    func stepUp() throws {
        let world = try EnterpriseWorld()
        let reading = try world.accessToken("alice", scope: "todo.read")
        let refused = world.call(.todo, "tools/call", ["name": "add_item"], token: reading)
        #expect(refused.status == 403)
        let challenge = try #require(refused.headers[.wwwAuthenticate])
        #expect(challenge.hasPrefix("Bearer error=\"insufficient_scope\", scope=\"todo.write\", resource_metadata="))
        let writing = try world.accessToken("alice", scope: "todo.read todo.write")
        #expect(world.call(.todo, "tools/call", ["name": "add_item"], token: writing).status == 200)
        // Bob asks for it too, and gets no more than he may.
        let bob = try world.accessToken("bob", scope: "todo.read todo.write")
        #expect(world.call(.todo, "tools/call", ["name": "add_item"], token: bob).status == 403)
    }

    @Test("A session belongs to its user, and ends")
    func sessions() throws {
        let world = try EnterpriseWorld()
        let alice = try world.accessToken("alice")
        let bob = try world.accessToken("bob")
        let session = try #require(world.call(.todo, "initialize", token: alice).headers[.mcpSessionID])
        #expect(world.call(.todo, "ping", token: bob, session: session).status == 404)
        #expect(world.call(.todo, "ping", token: alice, session: "other").status == 404)
        #expect(world.call(.todo, "ping", token: alice, session: session).status == 200)
        let headers: HTTPFields = [.authorization: "Bearer \(alice)", .mcpSessionID: session]
        let ended = world.send(DemoRequest(method: "DELETE", path: "/mcp", headers: headers), to: .mcp(.todo))
        #expect(ended.status == 204)
        #expect(world.call(.todo, "ping", token: alice, session: session).status == 404)
    }

    @Test("What is no message is refused, and what needs no answer gets none")
    func messages() throws {
        let world = try EnterpriseWorld()
        let token = try world.accessToken("alice")
        func answer(_ body: String, method: String = "POST", origin: String? = nil) -> DemoAnswer {
            var headers: HTTPFields = [.authorization: "Bearer \(token)"]
            headers[.origin] = origin
            let request = DemoRequest(method: method, path: "/mcp", headers: headers, body: Array(body.utf8))
            return world.send(request, to: .mcp(.todo))
        }
        func code(_ answer: DemoAnswer) -> Int64? { answer.json?["error"]?["code"]?.integerValue }
        #expect(code(answer("nonsense")) == -32_700)
        #expect(code(answer("[]")) == -32_600)
        #expect(code(answer("{\"jsonrpc\":\"2.0\",\"id\":1}")) == -32_600)
        #expect(code(answer("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}")) == -32_600)
        #expect(code(world.call(.todo, "no/such", token: token)) == -32_601)
        #expect(code(world.call(.todo, "tools/call", ["name": "no"], token: token)) == -32_602)
        #expect(code(world.call(.todo, "tools/call", [], token: token)) == -32_602)
        #expect(answer("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}").status == 202)
        #expect(answer("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}").status == 202)
        #expect(answer("", method: "GET").status == 405)
        #expect(answer("{}", origin: "https://evil.test").status == 403)
    }
}
