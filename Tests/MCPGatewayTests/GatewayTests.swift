// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import NIOConcurrencyHelpers
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Gateway", .timeLimit(.minutes(10)))
struct GatewayTests {
    private static let challenge: HTTPHeaders = ["WWW-Authenticate": "Bearer error=\"invalid_token\""]

    @Test("A request reaches its server with the access token and nothing of the caller's")
    func pass() async throws {
        try await GatewayWorld.run(server: GatewayWorld.content) { gateway in
            let answer = try await gateway.send(headers: ["Cookie": "canary", "X-Other": "canary"])
            #expect(answer.status == 200)
            #expect(try await GatewayWorld.text(answer) == #"{"jsonrpc":"2.0","id":7,"result":{}}"#)
            #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
            #expect(answer.headers["Content-Security-Policy"] == "sandbox")
            let sent = try #require(gateway.upstream.requests.first)
            #expect(sent.url == "https://mcp.example/todo")
            let idToken = try gateway.world.provider.idToken("alice").exposed
            #expect(sent.headers["Authorization"]?.hasPrefix("Bearer ") == true)
            #expect(sent.headers["Authorization"]?.contains(idToken.prefix(20)) == false)
            #expect(sent.headers["X-Request-Id"] == answer.headers["X-Request-Id"])
            #expect(sent.headers["Cookie"] == nil && sent.headers["X-Other"] == nil)
            #expect(gateway.world.legs == (1, 1))
        }
    }

    @Test("Nobody is let in without a token, and the answer says where to learn how to get one")
    func noToken() async throws {
        try await GatewayWorld.run(server: GatewayWorld.content) { gateway in
            for (method, path) in [
                ("POST", GatewayWorld.todo), ("GET", "/servers"), ("POST", "/servers/team/todo/retry"),
            ] {
                let answer = try await gateway.send(method, path, as: nil)
                #expect(answer.status == 401)
                let challenge = try #require(answer.headers["WWW-Authenticate"])
                #expect(
                    challenge.contains("resource_metadata=\"https://gw.example/.well-known/oauth-protected-resource/")
                )
            }
            #expect(gateway.upstream.requests.isEmpty)
            #expect(gateway.world.audit.reasons == [.unauthenticated, .unauthenticated, .unauthenticated])
        }
    }

    @Test("A refused token is replaced once; one that is fresh and refused is the server's fault")
    func refusedToken() async throws {
        let refusals = NIOLockedValueBox(1)
        let server: ScriptedHTTPClient.Handler = { _ in
            let isRefused = refusals.withLockedValue { count in
                count -= 1
                return count >= 0
            }
            return isRefused ? IncomingResponse(status: 401, headers: Self.challenge) : GatewayWorld.good()
        }
        try await GatewayWorld.run(server: server) { gateway in
            #expect(try await gateway.send().status == 200)
            #expect(gateway.world.legs == (2, 2))
            let tokens = gateway.upstream.requests.map { $0.headers["Authorization"] }
            #expect(tokens.count == 2 && tokens[0] != tokens[1])
            // A connection that dies may have carried a call that was made: only the client may decide to repeat it.
            #expect(gateway.upstream.requests.allSatisfy { !$0.mayBeResent })
            refusals.withLockedValue { $0 = 2 }
            let answer = try await gateway.send()
            #expect(answer.status == 502)
            #expect(try GatewayWorld.reason(answer) == "UpstreamRejectedToken")
            #expect(answer.headers["WWW-Authenticate"] == nil)
            #expect(gateway.world.audit.reasons == [.upstreamRejectedToken])
        }
    }

    @Test("A request too large to be held is not sent twice, and its token is dropped all the same")
    func largeRequest() async throws {
        var limits = RelayLimits()
        limits.heldBody = 4
        let refuses = NIOLockedValueBox(true)
        let server: ScriptedHTTPClient.Handler = { _ in
            refuses.withLockedValue { $0 } ? IncomingResponse(status: 401) : GatewayWorld.good()
        }
        try await GatewayWorld.run(limits: limits, server: server) { gateway in
            let answer = try await gateway.send()
            #expect(try GatewayWorld.reason(answer) == "UpstreamRejectedToken")
            #expect(gateway.upstream.requests.count == 1)
            #expect(gateway.world.legs == (1, 1))
            refuses.withLockedValue { $0 = false }
            #expect(try await gateway.send().status == 200)
            #expect(gateway.world.legs == (2, 2))
        }
    }

    @Test("A server that refuses each large request gets one token in the place of the first, and is left alone then")
    func largeRequests() async throws {
        var limits = RelayLimits()
        limits.heldBody = 4
        let server: ScriptedHTTPClient.Handler = { _ in IncomingResponse(status: 401) }
        try await GatewayWorld.run(limits: limits, server: server) { gateway in
            // What failed is remembered for the sign-in that it was tried with.
            let token = try gateway.world.provider.idToken("alice")
            for _ in 0..<10 {
                let answer = try await gateway.send(token: token)
                #expect(answer.status == 502)
                #expect(try GatewayWorld.reason(answer) == "UpstreamRejectedToken")
            }
            #expect(gateway.upstream.requests.count == 2)
            #expect(gateway.world.legs == (2, 2))
        }
    }

    @Test("A body larger than allowed is refused, whether its length was announced or not")
    func tooLarge() async throws {
        var limits = RelayLimits()
        limits.requestBody = 10
        let server: ScriptedHTTPClient.Handler = { request in
            if case .stream(let body, _) = request.body { while try await body.next() != nil {} }
            return GatewayWorld.good()
        }
        try await GatewayWorld.run(limits: limits, server: server) { gateway in
            let pieces = [[UInt8]](repeating: [1, 2, 3, 4], count: 3)
            for announces in [true, false] {
                let answer = try await gateway.send(body: GatewayWorld.held(pieces, announces: announces))
                #expect(answer.status == 413)
                #expect(try GatewayWorld.reason(answer) == "RequestTooLarge")
            }
            let fitting = GatewayWorld.held([[1, 2, 3, 4], [5, 6]], announces: false)
            #expect(try await gateway.send(body: fitting).status == 200)
        }
    }

    @Test("Scopes that a server demands are added, and a demand beyond what is allowed is refused")
    func stepUp() async throws {
        let server: ScriptedHTTPClient.Handler = { _ in GatewayWorld.wanting("read write") }
        try await GatewayWorld.run(server: server) { gateway in
            let answer = try await gateway.send()
            #expect(answer.status == 403)
            #expect(try GatewayWorld.reason(answer) == "InsufficientScope")
            #expect(gateway.world.provider.exchanges.map { $0["scope"] } == ["read", "read write"])
        }
    }

    @Test("A request too large to be held is not sent again with more scopes, and the next one has them")
    func largeStepUp() async throws {
        var limits = RelayLimits()
        limits.heldBody = 4
        let server: ScriptedHTTPClient.Handler = { request in
            let token = request.headers["Authorization"] ?? ""
            guard token.hasSuffix("-1") else { return GatewayWorld.good() }
            return GatewayWorld.wanting("write")
        }
        try await GatewayWorld.run(limits: limits, server: server) { gateway in
            let answer = try await gateway.send()
            #expect(answer.status == 403)
            #expect(try GatewayWorld.reason(answer) == "InsufficientScope")
            #expect(gateway.upstream.requests.count == 1)
            #expect(try await gateway.send().status == 200)
            #expect(gateway.upstream.requests.count == 2)
            #expect(gateway.world.provider.exchanges.map { $0["scope"] } == ["read", "read write"])
        }
    }

    @Test("A large request that demands what is not allowed says so, instead of asking for it again and again")
    func largeStepUpNotAllowed() async throws {
        var limits = RelayLimits()
        limits.heldBody = 4
        let server: ScriptedHTTPClient.Handler = { _ in GatewayWorld.wanting("owner") }
        try await GatewayWorld.run(limits: limits, server: server) { gateway in
            for _ in 0..<2 {
                let answer = try await gateway.send()
                #expect(try GatewayWorld.reason(answer) == "InsufficientScope")
            }
            #expect(gateway.world.audit.records.last?.errorType == "not_allowed")
            #expect(gateway.world.legs == (1, 1))
        }
    }

    @Test("A session belongs to its server and its user, and to nobody else")
    func sessions() async throws {
        let server: ScriptedHTTPClient.Handler = { _ in GatewayWorld.good(["Mcp-Session-Id": "upstream-session"]) }
        try await GatewayWorld.run(routes: [.todo(), .todo("notes")], server: server) { gateway in
            let sealed = try #require(try await gateway.send().headers["Mcp-Session-Id"])
            #expect(!sealed.contains("upstream"))
            let own: HTTPHeaders = ["mcp-session-id": sealed]
            for method in ["POST", "GET", "DELETE"] {
                #expect(try await gateway.send(method, headers: own).status == 200)
                #expect(gateway.upstream.requests.last?.headers.values(of: "Mcp-Session-Id") == ["upstream-session"])
            }
            let count = gateway.upstream.requests.count
            let foreign = [
                try await gateway.send(as: "bob", headers: own),
                try await gateway.send("POST", "/servers/team/notes/mcp", headers: own),
                try await gateway.send(headers: ["Mcp-Session-Id": "upstream-session"]),
            ]
            for answer in foreign {
                #expect(answer.status == 404)
                #expect(try GatewayWorld.reason(answer) == "UnknownSession")
            }
            #expect(gateway.upstream.requests.count == count)
        }
    }

    @Test("An unknown server is answered with those there are, and nothing is sent")
    func unknownServer() async throws {
        try await GatewayWorld.run(server: GatewayWorld.content) { gateway in
            let answer = try await gateway.send("POST", "/servers/team/other/mcp")
            #expect(answer.status == 404)
            let text = try await GatewayWorld.text(answer)
            #expect(text.contains(#""servers":["team/todo"]"#))
            #expect(gateway.upstream.requests.isEmpty)
        }
        try await GatewayWorld.run(routes: nil, server: GatewayWorld.content) { gateway in
            let answer = try await gateway.send()
            #expect(answer.status == 503)
            #expect(answer.headers["Retry-After"] == "1")
        }
    }

    @Test(
        "What is no answer of an MCP server is not passed on, and says whose fault it is",
        arguments: [301, 200, 500]
    )
    func invalid(_ status: Int) async throws {
        let server: ScriptedHTTPClient.Handler = { _ in
            IncomingResponse(
                status: status,
                headers: ["Content-Type": "text/html", "Location": "https://evil.example"],
                body: ResponseBody(bytes: Array("<script>canary</script>".utf8))
            )
        }
        try await GatewayWorld.run(server: server) { gateway in
            let answer = try await gateway.send()
            #expect(answer.status == 502)
            let text = try await GatewayWorld.text(answer)
            #expect(text.contains(#""id":7"#) && text.contains("team/todo") && !text.contains("canary"))
            #expect(answer.headers["Location"] == nil)
            #expect(gateway.world.audit.reasons == [.upstreamInvalid])
        }
    }

    @Test("A status of the protocol passes, with a body of ours where theirs may not")
    func protocolStatus() async throws {
        let server: ScriptedHTTPClient.Handler = { _ in
            IncomingResponse(status: 405, headers: ["Content-Type": "text/plain", "Retry-After": "9"])
        }
        try await GatewayWorld.run(server: server) { gateway in
            let answer = try await gateway.send("GET")
            #expect(answer.status == 405)
            #expect(answer.headers["Content-Type"] == "application/json")
            #expect(answer.headers["Retry-After"] == "9")
        }
    }

    @Test(
        "A server that gives no answer is told apart from one that is late, and whether it may have acted",
        arguments: [
            (HTTPTransportError.Code.connectionFailed, false, 502, "UpstreamInvalid"),
            (.connectionLost, true, 502, "UpstreamInvalid"), (.timedOut, true, 504, "UpstreamTimeout"),
            (.addressForbidden, false, 502, "UpstreamInvalid"), (.shutDown, false, 503, "ExchangeUnavailable"),
        ]
    )
    func noAnswer(_ code: HTTPTransportError.Code, _ wasSent: Bool, _ status: Int, _ reason: String) async throws {
        let server: ScriptedHTTPClient.Handler = { _ in
            throw HTTPTransportError(code, "canary", mayHaveBeenSent: wasSent)
        }
        try await GatewayWorld.run(server: server) { gateway in
            let answer = try await gateway.send()
            #expect(answer.status == status)
            #expect(try GatewayWorld.reason(answer) == reason)
            let text = try await GatewayWorld.text(answer)
            #expect(text.contains("may have been executed") == wasSent)
            #expect(!text.contains("canary"))
            #expect(gateway.upstream.requests.count == 1)
        }
    }

    @Test("Where the authorization server was not asked yet, the list of servers waits for nobody")
    func listingWithoutWaiting() async throws {
        let silent = VersionedRoute.todo("silent") { $0.authServerIssuer = "https://silent.example" }
        try await GatewayWorld.run(routes: [silent], server: GatewayWorld.content) { gateway in
            let text = try await GatewayWorld.text(try await gateway.send("GET", "/servers"))
            #expect(text.contains(#""state":"available""#))
        }
    }

    @Test("Whoever is not let in learns of metadata that there is, whatever they wanted")
    func challenges() async throws {
        try await GatewayWorld.run(server: GatewayWorld.content) { gateway in
            for (method, path) in [
                ("POST", GatewayWorld.todo), ("GET", "/servers"), ("POST", "/servers/team/todo/retry"),
            ] {
                let challenge = try #require(try await gateway.send(method, path, as: nil).headers["WWW-Authenticate"])
                let url = try #require(challenge.split(separator: "\"").first { $0.hasPrefix("https://gw.example/") })
                let metadata = try await gateway.send("GET", String(url.dropFirst("https://gw.example".count)), as: nil)
                #expect(metadata.status == 200)
            }
        }
    }

    @Test("A user sees which servers there are and how each stands, and may try again at once what failed")
    func listing() async throws {
        try await GatewayWorld.run(server: GatewayWorld.content) { gateway in
            func state() async throws -> String? {
                let text = try await GatewayWorld.text(try await gateway.send("GET", "/servers"))
                return try JSONValue(parsing: Array(text.utf8))["servers"]?.arrayValue?.first?["state"]?.stringValue
            }
            #expect(try await state() == "available")
            gateway.world.provider.onExchange { _, _ in refusing("access_denied") }
            let denied = try await gateway.send()
            #expect(denied.status == 403)
            #expect(try GatewayWorld.reason(denied) == "PolicyDenied")
            #expect(try await state() == "failed")
            #expect(try await gateway.send().status == 403)
            #expect(gateway.world.legs.exchanges == 1)
            gateway.world.provider.onExchange { _, _ in nil }
            #expect(try await gateway.send("POST", "/servers/team/todo/retry").status == 204)
            #expect(try await gateway.send().status == 200)
            #expect(try await state() == "connected")
        }
    }

    @Test("Only the methods that a path has are answered, and only at its own name")
    func methods() async throws {
        try await GatewayWorld.run(server: GatewayWorld.content) { gateway in
            let put = try await gateway.send("PUT")
            #expect(put.status == 405 && put.headers["Allow"] == "POST, GET, DELETE")
            #expect(try await gateway.send("GET", "/nothing").status == 404)
            #expect(try await gateway.send(headers: ["Host": "evil.example"]).status == 421)
            #expect(try await gateway.send(headers: ["Origin": "https://evil.example"]).status == 403)
            let metadata = try await gateway.send(
                "GET",
                "/.well-known/oauth-protected-resource/servers/team/todo/mcp",
                as: nil
            )
            #expect(metadata.status == 200)
            #expect(gateway.upstream.requests.isEmpty)
        }
    }
}
