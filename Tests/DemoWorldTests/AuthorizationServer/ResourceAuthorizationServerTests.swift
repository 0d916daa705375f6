// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import Testing

@testable import DemoWorld

@Suite("Resource authorization server")
struct ResourceAuthorizationServerTests {
    private static func redeem(
        _ world: EnterpriseWorld,
        _ parameters: [(String, String)],
        _ proof: EnterpriseWorld.Proof? = nil
    ) -> DemoAnswer {
        world.token(parameters, proof ?? world.authorizationServerProof, to: .authorizationServerToken)
    }

    @Test(
        "V01, V138, V168: an ID-JAG becomes an opaque bearer token, for its resource and scopes, and no refresh token"
    )
    func usual() throws {
        let world = try EnterpriseWorld()
        let answer = Self.redeem(world, world.bearer(try world.idJAG("alice")))
        #expect(answer.status == 200)
        #expect(answer["token_type"] == "Bearer")
        #expect(answer["scope"] == "todo.read todo.write")
        #expect(answer["resource"] == "https://todo.test/mcp")
        #expect(answer.json?["expires_in"] == 300)
        #expect(answer.json?["refresh_token"] == nil)
        #expect(answer.headers[.cacheControl] == "no-store")
        let token = Redacted(try #require(answer["access_token"]))
        #expect(!token.exposed.contains("."))
        let grant = try #require(world.enterprise.authorizationServer.grant(for: token))
        #expect(grant.subject == "user-1001")
        #expect(grant.clientID == DemoCredentials.authorizationServerClient)
        #expect(grant.resource == "https://todo.test/mcp")
        world.time.advance(by: .seconds(300))
        #expect(world.enterprise.authorizationServer.grant(for: token) == nil)
    }

    @Test("V117, V122: an ID-JAG is good once, and never after its end")
    func replay() throws {
        let world = try EnterpriseWorld()
        let idJAG = try world.idJAG("alice")
        #expect(Self.redeem(world, world.bearer(idJAG)).status == 200)
        for seconds in [0, 100, 229, 100] {
            world.time.advance(by: .seconds(seconds))
            #expect(Self.redeem(world, world.bearer(idJAG))["error"] == "invalid_grant")
        }
    }

    @Test("V118: of fifty at once, one gets a token")
    func parallelReplay() async throws {
        let world = try EnterpriseWorld()
        let parameters = world.bearer(try world.idJAG("alice"))
        let granted = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { Self.redeem(world, parameters).status == 200 } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(granted == 1)
    }

    @Test("V124: one that was refused for something else can be sent again")
    func correctedRequest() throws {
        let world = try EnterpriseWorld()
        let parameters = world.bearer(try world.idJAG("alice"))
        #expect(Self.redeem(world, parameters + [("scope", "todo.read")])["error"] == "invalid_grant")
        #expect(Self.redeem(world, parameters, .id("gateway-public"))["error"] == "invalid_grant")
        #expect(Self.redeem(world, parameters).status == 200)
    }

    @Test("V16, V17, V23: without a client there is nothing")
    func clients() throws {
        let world = try EnterpriseWorld()
        let parameters = world.bearer(try world.idJAG("alice"))
        let id = DemoCredentials.authorizationServerClient
        for proof in [EnterpriseWorld.Proof.nothing, .id(id), .basic(id, Redacted("wrong")), .post("x", Redacted("y"))]
        {
            let answer = Self.redeem(world, parameters, proof)
            #expect(answer.status == 401)
            #expect(answer["error"] == "invalid_client")
            #expect(answer.headers[.wwwAuthenticate]?.hasPrefix("Basic") == true)
        }
        #expect(Self.redeem(world, parameters).status == 200)
    }

    @Test("V24: each method of client authentication works")
    func methods() throws {
        let world = try EnterpriseWorld()
        let id = DemoCredentials.authorizationServerClient
        let proof = world.enterprise.credentials.authorizationServer
        let assertion = try world.assertion(id, proof, audience: "https://ras.test")
        let ways = [
            EnterpriseWorld.Proof.basic(id, proof.secret), .post(id, proof.secret), .assertion(assertion, id: id),
        ]
        for way in ways {
            #expect(Self.redeem(world, world.bearer(try world.idJAG("alice")), way).status == 200)
        }
        // V15: an ID-JAG is no client assertion.
        let idJAG = Redacted(try world.idJAG("alice"))
        let answer = Self.redeem(world, world.bearer(try world.idJAG("alice")), .assertion(idJAG, id: nil))
        #expect(answer["error"] == "invalid_client")
    }

    @Test("V02 to V06, V09, V12, V159: what is no such request says so")
    func requests() throws {
        let world = try EnterpriseWorld()
        let idJAG = try world.idJAG("alice")
        let path = "/token"
        func status(_ request: DemoRequest) -> Int { world.send(request, to: .authorizationServerToken).status }
        #expect(status(DemoRequest(method: "GET", path: path)) == 405)
        let json: HTTPFields = [.contentType: "application/json"]
        #expect(status(DemoRequest(method: "POST", path: path, headers: json, body: Array("{}".utf8))) == 415)
        let form: HTTPFields = [.contentType: EnterpriseWorld.form]
        #expect(status(DemoRequest(method: "POST", path: path, query: "assertion=x", headers: form)) == 400)
        func error(_ parameters: [(String, String)]) -> String? { Self.redeem(world, parameters)["error"] }
        #expect(error([("assertion", idJAG)]) == "invalid_request")
        #expect(error([("grant_type", "x"), ("assertion", idJAG)]) == "unsupported_grant_type")
        let dpop = "urn:ietf:params:oauth:grant-type:jwt-dpop"
        #expect(error([("grant_type", dpop), ("assertion", idJAG)]) == "unsupported_grant_type")
        #expect(error([("grant_type", RegisteredClient.Grant.jwtBearer.rawValue)]) == "invalid_request")
        #expect(error(world.bearer("")) == "invalid_request")
        #expect(error(world.bearer(idJAG) + [("assertion", idJAG)]) == "invalid_request")
        #expect(error(world.bearer(idJAG) + [("scope", "a\\")]) == "invalid_scope")
        #expect(error(world.bearer(idJAG) + [("unknown", "x")]) == nil)
    }

    @Test("V160: an ID token of the same issuer is no ID-JAG")
    func idToken() throws {
        let world = try EnterpriseWorld()
        #expect(Self.redeem(world, world.bearer(try world.signIn("alice").id))["error"] == "invalid_grant")
    }

    @Test("V59, V60: with the issuer's keys the ID-JAGs it signed with them end")
    func rotation() throws {
        let world = try EnterpriseWorld()
        let old = try world.idJAG("alice")
        try world.enterprise.identityProvider.rotateKeys(keepsOld: true)
        #expect(Self.redeem(world, world.bearer(old)).status == 200)
        #expect(Self.redeem(world, world.bearer(try world.idJAG("alice"))).status == 200)
        let last = try world.idJAG("alice")
        try world.enterprise.identityProvider.rotateKeys(keepsOld: false)
        #expect(Self.redeem(world, world.bearer(last))["error"] == "invalid_grant")
    }

    @Test("V125: when no more ID-JAGs can be remembered, none is accepted")
    func full() throws {
        var settings = Enterprise.Settings()
        settings.authorizationServer.replayCapacity = 2
        let world = try EnterpriseWorld(settings)
        for _ in 0..<2 { _ = try world.accessToken("alice") }
        let answer = Self.redeem(world, world.bearer(try world.idJAG("alice")))
        #expect(answer.status == 503)
        #expect(answer["error"] == "temporarily_unavailable")
        #expect(answer.headers[.retryAfter] == "1")
    }

    @Test("Metadata advertises the grant and its profile, and no issuer that is trusted")
    func metadata() throws {
        let world = try EnterpriseWorld()
        let request = DemoRequest(method: "GET", path: "/.well-known/oauth-authorization-server")
        let metadata = try #require(world.send(request, to: .authorizationServerMetadata).json)
        #expect(metadata["issuer"] == "https://ras.test")
        #expect(metadata["token_endpoint"] == "https://ras.test/token")
        #expect(metadata["grant_types_supported"] == [.string(RegisteredClient.Grant.jwtBearer.rawValue)])
        #expect(metadata["authorization_grant_profiles_supported"] == ["urn:ietf:params:oauth:grant-profile:id-jag"])
        #expect(!metadata.serializedText().contains("idp.test"))
    }

    @Test("Tokens can be revoked, of one resource or all")
    func revocation() throws {
        let world = try EnterpriseWorld()
        let todo = Redacted(try world.accessToken("alice"))
        let payroll = Redacted(try world.accessToken("alice", .payroll))
        let server = world.enterprise.authorizationServer
        #expect(server.revokeTokens(at: "https://todo.test/mcp") == 1)
        #expect(server.grant(for: todo) == nil)
        #expect(server.grant(for: payroll) != nil)
        #expect(server.revokeTokens(at: nil) == 1)
    }
}
