// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import Testing

@testable import DemoWorld

@Suite("Faults")
struct FaultTests {
    private static func set(_ json: JSONValue, in world: EnterpriseWorld) throws {
        world.enterprise.setFaults(try FaultTable(json: json))
    }

    private static func exchange(_ world: EnterpriseWorld) throws -> DemoAnswer {
        world.token(
            world.exchange(try world.signIn("alice").id),
            world.identityProviderProof,
            to: .identityProviderToken
        )
    }

    @Test("A fault is read and written, and what is none is named")
    func json() throws {
        let json: JSONValue = [
            "idp.token": [
                "delay": .double(0.5), "trickle": .double(1.5), "hang": true, "close": "after-processing",
                "status": 503, "error": "x",
                "html": true,
                "redirect": "https://a.test", "headers": ["X-A": "b"], "claims": ["aud": "x"], "type": "JWT",
                "unpublishedKey": true, "scope": "a b", "response": ["token_type": .null], "times": 2,
            ]
        ]
        #expect(try FaultTable(json: json).json == json)
        let wrong: [JSONValue] = [
            [], ["nowhere": [:]], ["idp.token": ["statu": 503]], ["idp.token": ["status": 99]],
            ["idp.token": ["status": "503"]], ["idp.token": ["delay": -1]], ["idp.token": ["delay": 601]],
            ["idp.token": ["close": "later"]], ["idp.token": ["times": 0]], ["idp.token": ["scope": "\""]],
            ["idp.token": ["headers": ["a b": "c"]]], ["idp.token": ["headers": ["a": "c\r\nd"]]],
            ["idp.token": ["claims": []]], ["idp.token": 1],
        ]
        for json in wrong { #expect(throws: JSONDecodingError.self) { _ = try FaultTable(json: json) } }
        let error = #expect(throws: JSONDecodingError.self) { _ = try FaultTable(json: ["nowhere": [:]]) }
        #expect(error?.description.contains("idp.token") == true)
    }

    @Test("A fault happens a number of times, at its endpoint alone")
    func times() throws {
        let world = try EnterpriseWorld()
        try Self.set(["idp.token": ["status": 503, "retryAfter": 2, "times": 2]], in: world)
        for _ in 0..<2 {
            let answer = try Self.exchange(world)
            #expect(answer.status == 503)
            #expect(answer["error"] == "temporarily_unavailable")
            #expect(answer.headers[.retryAfter] == "2")
        }
        #expect(try Self.exchange(world).status == 200)
        #expect(world.enterprise.faultTable == FaultTable())
    }

    @Test("W03, W05, W06, W07, W08, W09: what the identity provider issues can be wrong in every respect")
    func wrongTokens() throws {
        let world = try EnterpriseWorld()
        try Self.set(
            [
                "idp.token": [
                    "claims": [
                        "aud": "https://wrong.test", "iss": "https://evil.test", "client_id": "x", "resource": .null,
                    ],
                    "type": "JWT", "response": ["token_type": "Bearer", "issued_token_type": .null],
                    "scope": "todo.read",
                ]
            ],
            in: world
        )
        let answer = try Self.exchange(world)
        #expect(answer["token_type"] == "Bearer")
        #expect(answer.json?["issued_token_type"] == nil)
        #expect(answer["scope"] == "todo.read")
        let token = try UnverifiedJWT(Redacted(try #require(answer["access_token"])))
        #expect(token.header.type == "JWT")
        #expect(token.claims.members["aud"] == "https://wrong.test")
        #expect(token.claims.issuer == "https://evil.test")
        #expect(token.claims.members["client_id"] == "x")
        #expect(token.claims.members["scope"] == "todo.read")
        #expect(token.claims.members["resource"] == nil)
    }

    @Test("W13, W16: an answer can be odd")
    func oddAnswers() throws {
        let world = try EnterpriseWorld()
        for oddity in [.null, 0, -1, "3600", 1_000_000_000_000] as [JSONValue] {
            try Self.set(["idp.token": ["response": ["expires_in": oddity]]], in: world)
            #expect(try Self.exchange(world).json?["expires_in"] == (oddity == .null ? nil : oddity))
        }
        try Self.set(["as.token": ["response": ["error": "server_error"]]], in: world)
        let parameters = world.bearer(try world.idJAG("alice"))
        let answer = world.token(parameters, world.authorizationServerProof, to: .authorizationServerToken)
        #expect(answer.status == 200)
        #expect(answer["error"] == "server_error")
    }

    @Test("W14, W15: an answer can be a page or a redirect")
    func otherAnswers() throws {
        let world = try EnterpriseWorld()
        try Self.set(["idp.token": ["html": true]], in: world)
        guard case .html = try Self.exchange(world).body else {
            Issue.record("The answer is no page.")
            return
        }
        try Self.set(["idp.token": ["redirect": "https://evil.test/token"]], in: world)
        let answer = try Self.exchange(world)
        #expect(answer.status == 302)
        #expect(answer.headers[.location] == "https://evil.test/token")
    }

    @Test("A key that is not published makes tokens that nobody can check")
    func unpublishedKey() throws {
        let world = try EnterpriseWorld()
        try Self.set(["idp.token": ["unpublishedKey": true]], in: world)
        let parameters = world.bearer(try #require(try Self.exchange(world)["access_token"]))
        let answer = world.token(parameters, world.authorizationServerProof, to: .authorizationServerToken)
        #expect(answer["error"] == "invalid_grant")
        let key = try #require(try UnverifiedJWT(Redacted(parameters[1].1)).header.keyID)
        #expect(world.enterprise.identityProvider.keys.keys(withID: key).isEmpty)
    }

    @Test("The authorization server can grant less than the ID-JAG")
    func fewerScopes() throws {
        let world = try EnterpriseWorld()
        try Self.set(["as.token": ["scope": "todo.read"]], in: world)
        let token = try world.accessToken("alice")
        #expect(world.call(.todo, "tools/call", ["name": "add_item"], token: token).status == 403)
    }

    @Test("A 401 of an MCP server that a fault makes has a challenge, like a real one")
    func challenge() throws {
        let world = try EnterpriseWorld()
        try Self.set(["todo.mcp": ["status": 401]], in: world)
        let answer = world.call(.todo, "ping", token: try world.accessToken("alice"))
        #expect(answer.status == 401)
        #expect(answer.headers[.wwwAuthenticate]?.contains("invalid_token") == true)
    }
}

@Suite("Administration")
struct AdministrationTests {
    private static func send(
        _ method: String,
        _ path: String,
        _ body: String = "",
        _ headers: HTTPFields = [:],
        to world: EnterpriseWorld
    ) -> DemoAnswer {
        let request = DemoRequest(method: method, path: path, headers: headers, body: Array(body.utf8))
        return Administration(world.enterprise).answer(request)
    }

    @Test("Faults, policy, keys and tokens are changed here")
    func switches() throws {
        let world = try EnterpriseWorld()
        #expect(Self.send("PUT", "/demo/faults", "{\"idp.token\":{\"hang\":true}}", to: world).status == 200)
        #expect(Self.send("GET", "/demo/faults", to: world).json == ["idp.token": ["hang": true]])
        #expect(Self.send("PUT", "/demo/faults", "{}", to: world).json == [:])
        #expect(Self.send("PUT", "/demo/policy", "[]", to: world).json == [])
        let parameters = world.exchange(try world.signIn("alice").id)
        let refused = world.token(parameters, world.identityProviderProof, to: .identityProviderToken)
        #expect(refused["error"] == "access_denied")
        #expect(Self.send("POST", "/demo/rotate-keys", to: world).json?["keys"]?.arrayValue?.count == 2)
        #expect(
            Self.send("POST", "/demo/rotate-keys", "{\"keepOld\":false}", to: world).json?["keys"]?.arrayValue?.count
                == 1
        )
        #expect(Self.send("POST", "/demo/revoke-tokens", to: world).json == ["revoked": 0])
        #expect(Self.send("GET", "/", to: world).json?["PUT /demo/faults"] != nil)
    }

    @Test("What cannot be used is said, and browsers are sent away")
    func refusals() throws {
        let world = try EnterpriseWorld()
        #expect(Self.send("PUT", "/demo/faults", "nonsense", to: world).status == 400)
        #expect(Self.send("PUT", "/demo/faults", "{\"x\":{}}", to: world).status == 400)
        #expect(Self.send("PUT", "/demo/policy", "{}", to: world).status == 400)
        #expect(Self.send("GET", "/other", to: world).status == 404)
        #expect(Self.send("GET", "/demo/counters", "", [.origin: "https://evil.test"], to: world).status == 403)
    }

    @Test("Counters know every endpoint, the names of header fields and none of their values")
    func counters() throws {
        var counters = CallCounters()
        let request = DemoRequest(
            method: "POST",
            path: "/mcp",
            headers: [.authorization: "Bearer canary", .accept: "x"]
        )
        counters.add(request, at: .mcp(.todo), isFault: true)
        counters.add(status: 401, details: ["token-unknown"], at: .mcp(.todo))
        #expect(counters[.mcp(.todo)].headerNames == ["authorization", "accept"])
        #expect(counters[.mcp(.todo)].statuses == [401: 1])
        #expect(counters.json["todo.mcp"]?["requests"] == 1)
        #expect(counters.json["todo.mcp"]?["faults"] == 1)
        #expect(counters.json["todo.mcp"]?["details"] == ["token-unknown": 1])
        #expect(counters.json["payroll.mcp"]?["requests"] == 0)
        #expect(!counters.json.serializedText().contains("canary"))
        for number in 0..<1_000 { counters.add(status: 200, details: ["\(number)"], at: .mcp(.todo)) }
        #expect(counters[.mcp(.todo)].details.count <= 202)
    }
}
