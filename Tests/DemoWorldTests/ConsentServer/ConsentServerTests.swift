// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JSON
import OpenSSL
import Testing

@testable import DemoWorld

@Suite("Consent server")
struct ConsentServerTests {
    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let redirectURI = "http://127.0.0.1:1/connect/callback"
    private let world: EnterpriseWorld

    init() throws { world = try EnterpriseWorld() }

    private var resource: String { world.addresses.resource(.notes) }

    /// Sends a browser to consent; the parameters that it brings back.
    private func authorize(
        _ client: String = DemoCredentials.consentServerClient,
        _ changes: [String: String?] = [:],
        cookie: String? = "demo_user=alice"
    ) throws -> (answer: DemoAnswer, FormParameters?) {
        var parameters: [String: String?] = [
            "response_type": "code", "client_id": client, "redirect_uri": Self.redirectURI, "state": "s",
            "scope": "notes.read", "code_challenge_method": "S256", "resource": resource,
            "code_challenge": Base64URL.encode(SHA256.digest(Array(Self.verifier.utf8))),
        ]
        for (name, value) in changes { parameters.updateValue(value, forKey: name) }
        let query = parameters.compactMap { name, value in value.map { "\(name)=\(EnterpriseWorld.encoded($0))" } }
        var request = DemoRequest(method: "GET", path: "/authorize", query: query.joined(separator: "&"))
        request.headers[.cookie] = cookie
        let answer = world.send(request, to: .authorize)
        guard let location = answer.headers[.location] else { return (answer, nil) }
        #expect(location.hasPrefix(Self.redirectURI + "?"))
        return (answer, try FormParameters(parsing: Array(location.dropFirst(Self.redirectURI.utf8.count + 1).utf8)))
    }

    private func redeem(
        _ code: String,
        _ changes: [String: String] = [:],
        _ proof: EnterpriseWorld.Proof? = nil
    ) -> DemoAnswer {
        var parameters = [
            "grant_type": "authorization_code", "code": code, "redirect_uri": Self.redirectURI,
            "code_verifier": Self.verifier, "resource": resource,
        ]
        parameters.merge(changes) { $1 }
        return world.token(parameters.map { ($0, $1) }, proof ?? own, to: .consentToken)
    }

    private var own: EnterpriseWorld.Proof {
        .basic(DemoCredentials.consentServerClient, world.enterprise.credentials.consentServer.secret)
    }

    private func refresh(_ token: String) -> DemoAnswer {
        world.token(
            [("grant_type", "refresh_token"), ("refresh_token", token), ("resource", resource)],
            own,
            to: .consentToken
        )
    }

    @Test("A user consents, the code becomes tokens once, and the MCP server knows the user by them")
    func consent() throws {
        let (_, back) = try authorize()
        #expect(back?["iss"] == world.addresses.consentServer && back?["state"] == "s")
        let code = try #require(back?["code"])
        let answer = redeem(code)
        let token = try #require(answer["access_token"])
        #expect(answer["resource"] == resource && answer["scope"] == "notes.read")
        #expect(redeem(code)["error"] == "invalid_grant")
        let who = world.call(.notes, "tools/call", ["name": "whoami"], token: token)
        #expect(who.json?["result"]?["structuredContent"]?["user"] == "alice")
        #expect(world.call(.todo, "tools/list", token: token).status == 401)
        let challenge = world.call(.notes, "ping", token: nil).headers[.wwwAuthenticate]
        #expect(challenge?.contains("https://notes.test/.well-known/oauth-protected-resource/mcp") == true)
    }

    @Test("Only the client with the verifier, the redirect URI and the resource gets anything for a code")
    func redemption() throws {
        let changes: [([String: String], String)] = [
            (["code_verifier": "other"], "invalid_grant"), (["redirect_uri": "http://127.0.0.1:2/"], "invalid_grant"),
            (["resource": "https://todo.test/mcp"], "invalid_target"), (["resource": ""], "invalid_target"),
            (["code": "other"], "invalid_grant"),
        ]
        for (change, error) in changes {
            let code = try #require(try authorize().1?["code"])
            #expect(redeem(code, change)["error"] == error)
        }
        let code = try #require(try authorize().1?["code"])
        #expect(redeem(code, [:], .id(DemoCredentials.consentServerClient))["error"] == "invalid_client")
    }

    @Test("A refresh token is good once; its reuse ends all that came of the consent")
    func rotation() throws {
        let first = redeem(try #require(try authorize().1?["code"]))
        let second = refresh(try #require(first["refresh_token"]))
        let token = try #require(second["access_token"])
        #expect(world.call(.notes, "ping", token: token).status == 200)
        #expect(refresh(try #require(first["refresh_token"]))["error"] == "invalid_grant")
        #expect(world.call(.notes, "ping", token: token).status == 401)
        #expect(refresh(try #require(second["refresh_token"]))["error"] == "invalid_grant")
    }

    @Test("What is wrong with a request is told to the client, unless nobody knows where that is")
    func refusals() throws {
        let redirected: [([String: String?], String)] = [
            (["code_challenge_method": "plain"], "invalid_request"), (["code_challenge": nil], "invalid_request"),
            (["resource": nil], "invalid_request"), (["resource": "https://todo.test/mcp"], "invalid_target"),
            (["scope": "payroll.read"], "invalid_scope"), (["response_type": "token"], "invalid_request"),
        ]
        for (change, error) in redirected {
            let back = try authorize(DemoCredentials.consentServerClient, change).1
            #expect(back?["error"] == error && back?["iss"] != nil && back?["code"] == nil)
        }
        let unknown: [[String: String?]] = [
            ["redirect_uri": "https://evil.test/"], ["client_id": "nobody"],
            ["redirect_uri": "http://127.0.0.1:x@evil.test/"], ["redirect_uri": "http://127.0.0.1:80@evil.test/"],
            ["redirect_uri": "http://127.0.0.1:/"], ["redirect_uri": "http://127.0.0.1:123456/"],
        ]
        for change in unknown {
            #expect(try authorize(DemoCredentials.consentServerClient, change).answer.status == 400)
        }
        let page = try authorize(cookie: nil).answer
        guard page.status == 200, case .html(let text) = page.body else {
            Issue.record("nobody is asked who they are")
            return
        }
        #expect(text.contains("demo_user=bob"))
    }

    @Test("Clients register themselves, or are a URL")
    func clients() throws {
        let body: JSONValue = ["redirect_uris": [.string(Self.redirectURI)], "token_endpoint_auth_method": "none"]
        let request = DemoRequest(method: "POST", path: "/register", body: body.serialized())
        let registered = world.send(request, to: .registration)
        #expect(registered.status == 201 && registered["client_secret"] == nil)
        let id = try #require(registered["client_id"])
        let code = try #require(try authorize(id).1?["code"])
        #expect(redeem(code, [:], .id(id)).status == 200)
        #expect(try authorize(id, ["redirect_uri": "http://127.0.0.1:2/"]).answer.status == 400)
        let url = "https://gw.test/.well-known/oauth-client.json"
        #expect(try authorize(url).answer.status == 400)
        let empty = DemoRequest(method: "POST", path: "/register", body: Array("{}".utf8))
        #expect(world.send(empty, to: .registration)["error"] == "invalid_request")
    }

    @Test("Faults change what the browser brings back and what is refused")
    func faults() throws {
        world.enterprise.setFaults(
            try FaultTable(
                json: [
                    "consent.authorize": ["response": ["iss": "https://evil.test"], "times": 1],
                    "consent.token": ["error": "invalid_grant", "times": 1],
                    "notes.metadata": ["response": ["resource": "https://evil.test/mcp"]],
                    "consent.metadata": [
                        "response": [
                            "code_challenge_methods_supported": .null, "client_id_metadata_document_supported": true,
                        ]
                    ],
                ]
            )
        )
        #expect(try authorize().1?["iss"] == "https://evil.test")
        let code = try #require(try authorize().1?["code"])
        #expect(redeem(code)["error"] == "invalid_grant")
        #expect(redeem(code).status == 200)
        let metadata = world.send(DemoRequest(method: "GET", path: "/"), to: .consentMetadata)
        #expect(metadata.json?["code_challenge_methods_supported"] == nil)
        #expect(
            world.send(DemoRequest(method: "GET", path: "/"), to: .mcpMetadata(.notes))["resource"]
                == "https://evil.test/mcp"
        )
    }
}
