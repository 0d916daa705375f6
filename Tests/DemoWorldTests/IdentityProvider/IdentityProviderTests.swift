// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import Testing

@testable import DemoWorld

@Suite("Identity provider")
struct IdentityProviderTests {
    private func claims(_ text: String) throws -> (JWSHeader, Claims) {
        let token = try UnverifiedJWT(Redacted(text))
        return (token.header, token.claims)
    }

    @Test("An ID-JAG is what the profile wants: typ, one audience, the client's name there, a jti, five minutes")
    func idJAG() throws {
        let world = try EnterpriseWorld()
        let answer = world.token(
            world.exchange(try world.signIn("alice").id, scope: "todo.read"),
            world.identityProviderProof,
            to: .identityProviderToken
        )
        #expect(answer.status == 200)
        #expect(answer["token_type"] == "N_A")
        #expect(answer["issued_token_type"] == TokenKind.idJAG)
        #expect(answer["scope"] == "todo.read")
        #expect(answer.json?["expires_in"] == 300)
        #expect(answer.json?["refresh_token"] == nil)
        #expect(answer.headers[.cacheControl] == "no-store")
        let (header, claims) = try claims(try #require(answer["access_token"]))
        #expect(header.type == "oauth-id-jag+jwt")
        #expect(claims.issuer == "https://idp.test")
        #expect(claims.subject == "user-1001")
        #expect(claims.members["aud"] == "https://ras.test")
        #expect(claims.members["client_id"] == .string(DemoCredentials.authorizationServerClient))
        #expect(claims.members["resource"] == "https://todo.test/mcp")
        #expect(claims.members["scope"] == "todo.read")
        #expect(claims.issuedAt == world.time.now)
        #expect(claims.expiry == world.time.now.advanced(by: .seconds(300)))
        #expect(claims.members["email"] == nil)
        let (_, second) = try self.claims(try world.idJAG("alice"))
        #expect(claims.identifier != second.identifier)
    }

    @Test("A refresh token can be exchanged like an ID token, and stays good")
    func refreshTokenAsSubject() throws {
        let world = try EnterpriseWorld()
        let tokens = try world.signIn("bob")
        for _ in 0..<2 {
            let parameters = world.exchange(tokens.refresh, type: TokenKind.refreshToken)
            let answer = world.token(parameters, world.identityProviderProof, to: .identityProviderToken)
            #expect(answer.status == 200)
            #expect(answer["scope"] == "todo.read")
        }
    }

    @Test("A refresh token is used up by the grant, and another client's is none")
    func refresh() throws {
        let world = try EnterpriseWorld()
        let first = try world.signIn("alice").refresh
        let parameters = [("grant_type", "refresh_token"), ("refresh_token", first)]
        let foreign = world.token(parameters, .id("sallyport-public"), to: .identityProviderToken)
        #expect(foreign["error"] == "invalid_grant")
        let answer = world.token(parameters, world.identityProviderProof, to: .identityProviderToken)
        #expect(answer.status == 200)
        #expect(answer["refresh_token"] != first)
        #expect(try claims(try #require(answer["id_token"])).1.subject == "user-1001")
        let again = world.token(parameters, world.identityProviderProof, to: .identityProviderToken)
        #expect(again["error"] == "invalid_grant")
        world.time.advance(by: .seconds(9 * 3_600))
        let next = [("grant_type", "refresh_token"), ("refresh_token", try #require(answer["refresh_token"]))]
        #expect(
            world.token(next, world.identityProviderProof, to: .identityProviderToken)["error"] == "invalid_grant"
        )
    }

    @Test("V163: what is no ID token of this provider for this client, and still good, is an invalid grant")
    func subjects() throws {
        let world = try EnterpriseWorld()
        func error(_ subject: String) -> String? {
            world.token(world.exchange(subject), world.identityProviderProof, to: .identityProviderToken)["error"]
        }
        #expect(error(try world.idJAG("alice")) == "invalid_grant")
        #expect(error(try world.signIn("alice", client: "sallyport-public").id) == "invalid_grant")
        #expect(error("nonsense") == "invalid_grant")
        #expect(error(try IDJAGDraft().text.exposed) == "invalid_grant")
        let short = try world.signIn("alice", lifetime: 60).id
        #expect(error(short) == nil)
        world.time.advance(by: .seconds(60))
        #expect(error(short) == "invalid_grant")
    }

    @Test("Requests that lack something, or ask for something else, say which")
    func requests() throws {
        let world = try EnterpriseWorld()
        let complete = world.exchange(try world.signIn("alice").id)
        func error(_ parameters: [(String, String)]) -> String? {
            world.token(parameters, world.identityProviderProof, to: .identityProviderToken)["error"]
        }
        for name in ["grant_type", "requested_token_type", "audience", "subject_token", "subject_token_type"] {
            #expect(error(complete.filter { $0.0 != name }) == "invalid_request")
        }
        func replacing(_ name: String, _ value: String) -> [(String, String)] {
            complete.map { $0.0 == name ? (name, value) : $0 }
        }
        #expect(error(replacing("grant_type", "password")) == "unsupported_grant_type")
        #expect(error(replacing("grant_type", RegisteredClient.Grant.jwtBearer.rawValue)) == "unsupported_grant_type")
        #expect(
            error(replacing("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"))
                == "invalid_request"
        )
        #expect(
            error(replacing("subject_token_type", "urn:ietf:params:oauth:token-type:saml2")) == "invalid_request"
        )
        #expect(error(replacing("audience", "https://ras.test/")) == "invalid_target")
        #expect(error(replacing("resource", "https://todo.test/mcp/")) == "invalid_target")
        #expect(error(complete.filter { $0.0 != "resource" }) == "invalid_target")
        #expect(error(complete + [("scope", "unknown")]) == "invalid_scope")
        #expect(error(complete + [("scope", "a\"b")]) == "invalid_scope")
        #expect(error(complete + [("actor_token", "x")]) == "invalid_request")
    }

    @Test("Every method of client authentication works, and none fails as invalid_client")
    func clients() throws {
        let world = try EnterpriseWorld()
        let id = DemoCredentials.identityProviderClient
        let proof = world.enterprise.credentials.identityProvider
        let parameters = world.exchange(try world.signIn("alice").id)
        let assertion = try world.assertion(id, proof, audience: "https://idp.test")
        for way in [world.identityProviderProof, .post(id, proof.secret), .assertion(assertion, id: nil)] {
            #expect(world.token(parameters, way, to: .identityProviderToken).status == 200)
        }
        let anonymous = try world.signIn("alice", client: "sallyport-public").id
        let answer = world.token(world.exchange(anonymous), .id("sallyport-public"), to: .identityProviderToken)
        let (_, claims) = try claims(try #require(answer["access_token"]))
        #expect(claims.members["client_id"] == .string(DemoCredentials.publicAuthorizationServerClient))
        let refused = world.token(parameters, .nothing, to: .identityProviderToken)
        #expect(refused.status == 401)
        #expect(refused["error"] == "invalid_client")
        #expect(refused.headers[.wwwAuthenticate]?.hasPrefix("Basic") == true)
    }

    @Test("Keys rotate: the old one stays published, or its tokens end")
    func rotation() throws {
        let world = try EnterpriseWorld()
        let provider = world.enterprise.identityProvider
        let token = try world.signIn("alice").id
        let first = try #require(provider.keys.keys.first?.keyID)
        try provider.rotateKeys(keepsOld: true)
        #expect(provider.keys.keys.count == 2)
        #expect(provider.keys.keys.last?.keyID == first)
        #expect(
            world.token(world.exchange(token), world.identityProviderProof, to: .identityProviderToken).status == 200
        )
        for _ in 0..<10 { try provider.rotateKeys(keepsOld: true) }
        #expect(provider.keys.keys.count == SigningKeys.limit)
        let newest = try world.signIn("alice").id
        try provider.rotateKeys(keepsOld: false)
        #expect(provider.keys.keys.count == 1)
        let answer = world.token(world.exchange(newest), world.identityProviderProof, to: .identityProviderToken)
        #expect(answer["error"] == "invalid_grant")
    }

    @Test("Discovery names the issuer, the endpoints and what is supported, and publishes public keys alone")
    func metadata() throws {
        let world = try EnterpriseWorld()
        let request = DemoRequest(method: "GET", path: "/.well-known/openid-configuration")
        #expect(IdentityProvider.endpoint(request.path) == .identityProviderMetadata)
        let metadata = world.send(request, to: .identityProviderMetadata)
        #expect(metadata["issuer"] == "https://idp.test")
        #expect(metadata["token_endpoint"] == "https://idp.test/token")
        #expect(metadata["jwks_uri"] == "https://idp.test/keys")
        #expect(metadata.json?["identity_chaining_requested_token_types_supported"] == [.string(TokenKind.idJAG)])
        let keys = world.send(DemoRequest(method: "GET", path: "/keys"), to: .identityProviderKeys)
        let key = try #require(keys.json?["keys"]?[0])
        #expect(key["d"] == nil)
        #expect(key["alg"] == "ES256")
        #expect(world.send(DemoRequest(method: "POST", path: "/keys"), to: .identityProviderKeys).status == 405)
    }

    @Test("A sign-in names a user who exists, and no browser may do it")
    func signIn() throws {
        let world = try EnterpriseWorld()
        func status(_ body: String, _ headers: HTTPFields = [:], method: String = "POST") -> Int {
            let request = DemoRequest(method: method, path: "/demo/sign-in", headers: headers, body: Array(body.utf8))
            return world.send(request, to: .signIn).status
        }
        #expect(status("{\"user\":\"alice\"}") == 200)
        #expect(status("{\"user\":\"mallory\"}") == 404)
        #expect(status("{\"user\":\"alice\",\"client\":\"other\"}") == 404)
        #expect(status("{\"user\":\"alice\",\"lifetime\":0}") == 400)
        #expect(status("{\"user\":\"alice\",\"lifetime\":9223372036854775807}") == 400)
        #expect(status("{}") == 400)
        #expect(status("user=alice") == 400)
        #expect(status("{\"user\":\"alice\"}", method: "GET") == 405)
        #expect(status("{\"user\":\"alice\"}", [.origin: "https://evil.test"]) == 403)
    }
}
