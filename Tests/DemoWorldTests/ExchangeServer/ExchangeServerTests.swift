// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import Testing

@testable import DemoWorld

@Suite("Exchange server")
struct ExchangeServerTests {
    private let world: EnterpriseWorld

    init() throws { world = try EnterpriseWorld() }

    @Test("An ID token becomes one of its own for a server, signed with a key that it publishes")
    func exchange() throws {
        let scope = "audience:server:client_id:calendar email openid profile"
        let answer = world.exchanged(world.dexExchange(try world.signIn("alice").id, scope: scope))
        #expect(answer.status == 200)
        #expect(answer.details == ["token-exchange", "alice"])
        #expect(answer.headers[.cacheControl] == "no-store")
        #expect(answer["issued_token_type"] == TokenKind.idToken)
        #expect(answer["token_type"] == "bearer")
        #expect(answer.json?["expires_in"] == 300)
        let keys = world.send(DemoRequest(method: "GET", path: "/keys"), to: .exchangeKeys)
        let published = try JWKSet(parsing: try #require(keys.json).serialized())
        #expect(published.keys.count == 1)
        let policy = JWTPolicy(issuer: "https://exchange.test", audiences: ["calendar"])
        let token = try UnverifiedJWT(Redacted(try #require(answer["access_token"])))
        let claims = try token.verified(with: published, policy: policy, at: world.time.now)
        #expect(claims.subject == "user-1001")
        #expect(claims.audiences == ["calendar", DemoCredentials.exchangeServerClient])
        #expect(claims.authorizedParty == DemoCredentials.exchangeServerClient)
        #expect(claims.members["email"] == "alice@enterprise.example")
        #expect(claims.members["name"] == "Alice Adams")
        #expect(claims.expiry == world.time.now.advanced(by: .seconds(300)))
        let second = try UnverifiedJWT(Redacted(try world.exchangedToken("alice")))
        #expect(second.claims.identifier != claims.identifier)
        #expect(second.claims.members["email"] == nil && second.claims.members["name"] == nil)
    }

    @Test("Without a server among the scopes a token is for the client alone")
    func own() throws {
        let token = try UnverifiedJWT(Redacted(try world.exchangedToken("bob", scope: "openid")))
        #expect(token.claims.audiences == [DemoCredentials.exchangeServerClient])
    }

    @Test("What its form does not have is refused as Dex refuses it")
    func refusals() throws {
        let idToken = try world.signIn("alice").id
        let changes: [([String: String], String)] = [
            (["grant_type": "refresh_token"], "unsupported_grant_type"), (["connector_id": "other"], "invalid_request"),
            (["connector_id": ""], "invalid_request"), (["requested_token_type": TokenKind.idJAG], "invalid_request"),
            (["subject_token_type": TokenKind.refreshToken], "invalid_request"),
            (["subject_token": ""], "invalid_request"), (["scope": ""], "invalid_scope"),
            (["scope": "audience:server:client_id:calendar"], "invalid_scope"),
            (["scope": "audience:server:client_id:payroll openid"], "invalid_scope"),
            (["scope": "openid todo.read"], "invalid_scope"),
        ]
        for (change, error) in changes {
            let answer = world.exchanged(world.dexExchange(idToken).merging(change) { $1 })
            #expect(answer["error"] == error && answer.status == 400, "\(change)")
            #expect(answer.details == [error])
        }
        let strangers: [EnterpriseWorld.Proof] = [
            .nothing, .id(DemoCredentials.exchangeServerClient), world.identityProviderProof,
            .basic(DemoCredentials.exchangeServerClient, world.enterprise.credentials.identityProvider.secret),
        ]
        for proof in strangers {
            #expect(world.exchanged(world.dexExchange(idToken), proof)["error"] == "invalid_client")
        }
        #expect(world.send(DemoRequest(method: "GET", path: "/token"), to: .exchangeToken).status == 405)
    }

    @Test("Only ID tokens of the identity provider for the gateway's client are exchanged, as long as they are good")
    func subjects() throws {
        let idToken = try world.signIn("alice", lifetime: 60).id
        let foreign = [
            try world.signIn("alice").refresh, try world.idJAG("alice"), try world.accessToken("alice"),
            try world.exchangedToken("alice"), try world.signIn("alice", client: "sallyport-public").id,
            String(idToken.dropLast(8)) + "AAAAAAAA", "nonsense",
        ]
        for token in foreign {
            let answer = world.exchanged(world.dexExchange(token))
            #expect(answer.status == 401 && answer["error"] == "access_denied")
        }
        #expect(world.exchanged(world.dexExchange(idToken)).status == 200)
        world.time.advance(by: .seconds(60))
        #expect(world.exchanged(world.dexExchange(idToken))["error"] == "access_denied")
    }

    @Test("It says where everything is, and faults change what it issues")
    func metadataAndFaults() throws {
        let document = world.send(
            DemoRequest(method: "GET", path: "/.well-known/openid-configuration"),
            to: .exchangeMetadata
        )
        #expect(document["issuer"] == "https://exchange.test")
        #expect(document["token_endpoint"] == "https://exchange.test/token")
        #expect(document["jwks_uri"] == "https://exchange.test/keys")
        world.enterprise.setFaults(
            try FaultTable(json: ["exchange.token": ["claims": ["iss": "https://evil.test"], "unpublishedKey": true]])
        )
        let text = try world.exchangedToken("alice")
        let token = try UnverifiedJWT(Redacted(text))
        #expect(token.claims.issuer == "https://evil.test")
        #expect(token.header.keyID != world.enterprise.exchangeServer.keys.keys.first?.keyID)
        world.enterprise.setFaults(try FaultTable(json: ["exchange.token": ["scope": "openid"]]))
        let narrow = try UnverifiedJWT(Redacted(try world.exchangedToken("alice")))
        #expect(narrow.claims.audiences == [DemoCredentials.exchangeServerClient])
    }
}
