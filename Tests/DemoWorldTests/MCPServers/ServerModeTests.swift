// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import Testing

@testable import DemoWorld

@Suite("Modes of the demonstration's MCP servers")
struct ServerModeTests {
    private let world: EnterpriseWorld

    init() throws { world = try EnterpriseWorld() }

    private func whoAmI(_ server: MCPServerName, _ token: String?) -> JSONValue? {
        world.call(server, "tools/call", ["name": "whoami"], token: token).json?["result"]?["structuredContent"]
    }

    private func tools(_ server: MCPServerName, _ token: String?) -> [String]? {
        world.call(server, "tools/list", token: token).json?["result"]?["tools"]?.arrayValue?
            .compactMap { $0["name"]?.stringValue }
    }

    private func claims(_ token: String) throws -> JSONValue {
        .object(try UnverifiedJWT(Redacted(token)).claims.members)
    }

    @Test("Every mode has its server")
    func modes() {
        let modes = Dictionary(grouping: MCPServerName.allCases, by: \.mode)
        #expect(modes[.managed] == MCPServerName.managed)
        #expect(modes.count == 5)
    }

    @Test("The calendar takes tokens of the exchange server that are for it, and says what is in them")
    func exchanged() throws {
        let token = try world.exchangedToken("alice")
        let (who, said) = (whoAmI(.calendar, token), try claims(token))
        #expect(who?["user"] == "alice")
        #expect(who?["client"] == .string(DemoCredentials.exchangeServerClient))
        #expect(who?["claims"] == said)
        #expect(tools(.calendar, token) == ["whoami"])
        #expect(world.call(.calendar, "ping", token: token).details == ["ping", "token-accepted"])
        let bad = [
            (try world.exchangedToken("alice", scope: "openid"), "token-foreign"),
            (try world.signIn("alice", audiences: ["directory"]).id, "token-foreign"),
            (try world.idJAG("alice"), "token-foreign"), (try world.accessToken("alice"), "token-unknown"),
        ]
        for (token, word) in bad {
            let answer = world.call(.calendar, "ping", token: token)
            #expect(answer.status == 401 && answer.details == [word])
        }
        world.time.advance(by: .seconds(300))
        #expect(world.call(.calendar, "ping", token: token).details == ["token-foreign"])
    }

    @Test("A token of the exchange server that somebody else has signed opens nothing")
    func unpublishedKey() throws {
        world.enterprise.setFaults(try FaultTable(json: ["exchange.token": ["unpublishedKey": true]]))
        #expect(world.call(.calendar, "ping", token: try world.exchangedToken("alice")).status == 401)
    }

    @Test("The directory takes ID tokens themselves, if they are for it as well")
    func forwarded() throws {
        let idToken = try world.signIn("bob", audiences: ["directory"]).id
        let (who, said) = (whoAmI(.directory, idToken), try claims(idToken))
        #expect(who?["user"] == "bob")
        #expect(who?["claims"] == said)
        #expect(who?["claims"]?["aud"] == ["sallyport", "directory"])
        #expect(who?["claims"]?["azp"] == "sallyport")
        #expect(tools(.directory, idToken) == ["whoami"])
        let bad = [
            (try world.signIn("bob").id, "token-foreign"), (try world.exchangedToken("bob"), "token-foreign"),
            (try world.idJAG("bob"), "token-foreign"), (try world.signIn("bob").refresh, "token-unknown"),
        ]
        for (token, word) in bad {
            let answer = world.call(.directory, "ping", token: token)
            #expect(answer.status == 401 && answer.details == [word])
        }
        try world.enterprise.identityProvider.rotateKeys(keepsOld: false)
        #expect(world.call(.directory, "ping", token: idToken).status == 401)
    }

    @Test("An ID token for more servers is exchanged and renewed like any other")
    func severalAudiences() throws {
        let tokens = try world.signIn("alice", audiences: ["directory"])
        let idJAG = world.token(world.exchange(tokens.id), world.identityProviderProof, to: .identityProviderToken)
        #expect(idJAG.status == 200)
        #expect(world.exchanged(world.dexExchange(tokens.id)).status == 200)
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh)]
        let renewed = world.token(refresh, world.identityProviderProof, to: .identityProviderToken)
        #expect(whoAmI(.directory, renewed["id_token"])?["user"] == "alice")
    }

    @Test("Nobody signs in for what does not take ID tokens")
    func unknownAudience() throws {
        for audience in ["calendar", "todo", "other"] {
            let body: JSONValue = ["user": "alice", "audiences": [.string(audience)]]
            let request = DemoRequest(method: "POST", path: "/demo/sign-in", body: body.serialized())
            #expect(world.send(request, to: .signIn).status == 404)
        }
    }

    @Test("The handbook is open to everybody who shows nothing")
    func open() throws {
        #expect(whoAmI(.handbook, nil)?["user"] == "unknown")
        #expect(tools(.handbook, nil) == ["whoami"])
        #expect(world.call(.handbook, "ping", token: nil).details == ["ping", "no-token"])
        let unknown = world.call(.handbook, "tools/call", [:], token: nil)
        #expect(unknown.json?["error"]?["code"]?.integerValue == -32_602)
        let session = try #require(world.call(.handbook, "initialize", token: nil).headers[.mcpSessionID])
        #expect(world.call(.handbook, "ping", token: nil, session: session).status == 200)
        let unwanted = world.call(.handbook, "ping", token: try world.signIn("alice").id)
        #expect(unwanted.status == 400 && unwanted.details == ["token-unwanted"])
    }

    @Test("Each says whose tokens it takes; the handbook takes none")
    func metadata() throws {
        let issuers: [(MCPServerName, JSONValue)] = [
            (.todo, "https://ras.test"), (.notes, "https://consent.test"), (.calendar, "https://exchange.test"),
            (.directory, "https://idp.test"),
        ]
        let request = DemoRequest(method: "GET", path: "/.well-known/oauth-protected-resource/mcp")
        for (server, issuer) in issuers {
            let metadata = world.send(request, to: .mcpMetadata(server))
            #expect(metadata.json?["authorization_servers"] == [issuer])
        }
        #expect(world.send(request, to: .mcpMetadata(.handbook)).status == 404)
        #expect(
            world.call(.directory, "ping", token: nil).headers[.wwwAuthenticate] == """
                Bearer resource_metadata="https://directory.test/.well-known/oauth-protected-resource/mcp"
                """
        )
    }
}
