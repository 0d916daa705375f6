// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import NIOConcurrencyHelpers
import OpenSSL
import RouteTable

@testable import MCPGateway

/// A Dex of another cluster, which exchanges the provider's ID tokens for its own.
final class FakeDex: Sendable {
    static let issuer = "https://dex.example"
    static let tokenEndpoint = "https://dex.example/token"

    private struct State: Sendable {
        var exchanges: [SentForm] = []
        var changes: JSONObject = [:]
        var answer: JSONObject = [:]
        var signer: SigningKey
        var failure: IncomingResponse?
        var keysAreServed = true
        var keyRequests = 0
    }

    let key: SigningKey
    private let now: @Sendable () -> NumericDate
    private let state: NIOLockedValueBox<State>

    init(now: @escaping @Sendable () -> NumericDate) throws {
        key = try SigningKey(try PrivateKey.make(.ellipticCurve(.p256)), keyID: "d1")
        state = NIOLockedValueBox(State(signer: key))
        self.now = now
    }

    var exchanges: [SentForm] { state.withLockedValue { $0.exchanges } }
    var keyRequests: Int { state.withLockedValue { $0.keyRequests } }

    /// Changes the claims of the tokens to come.
    func changeTokens(_ claims: JSONObject) { state.withLockedValue { $0.changes = claims } }
    /// Changes the members of the answers to come.
    func changeAnswers(_ members: JSONObject) { state.withLockedValue { $0.answer = members } }
    func sign(with key: SigningKey) { state.withLockedValue { $0.signer = key } }
    func serveKeys(_ areServed: Bool) { state.withLockedValue { $0.keysAreServed = areServed } }

    func answer(_ request: OutgoingRequest) throws -> IncomingResponse? {
        switch request.url {
        case "https://dex.example/.well-known/oauth-authorization-server": return IncomingResponse(status: 404)
        case "https://dex.example/.well-known/openid-configuration":
            return json(
                200,
                [
                    "issuer": .string(Self.issuer), "token_endpoint": .string(Self.tokenEndpoint),
                    "jwks_uri": "https://dex.example/keys",
                ]
            )
        case "https://dex.example/keys", "https://proxy.example/keys":
            guard
                state.withLockedValue({ state in
                    state.keyRequests += 1
                    return state.keysAreServed
                })
            else { return IncomingResponse(status: 503) }
            return json(200, ["keys": .array([key.publicKey.json])])
        case Self.tokenEndpoint: return try token(request)
        default: return nil
        }
    }

    private func token(_ request: OutgoingRequest) throws -> IncomingResponse {
        guard let form = SentForm(request) else { return refusing("invalid_request") }
        let state = state.withLockedValue { state in
            state.exchanges.append(form)
            return state
        }
        let audiences = (form["scope"] ?? "").split(separator: " ").compactMap { scope in
            scope.hasPrefix("audience:server:client_id:") ? String(scope.dropFirst(26)) : nil
        }
        let subject = try UnverifiedJWT(Redacted(form["subject_token"] ?? "")).claims.subject ?? ""
        var claims: JSONObject = [
            "iss": .string(Self.issuer), "sub": .string("dex-\(subject)"), "canary": "canary-dex-token",
            "aud": .array((audiences.isEmpty ? ["sallyport"] : audiences).map(JSONValue.string)),
            "iat": .integer(now().seconds), "exp": .integer(now().advanced(by: .seconds(600)).seconds),
        ]
        for (name, value) in state.changes { claims[name] = value == .null ? nil : value }
        var members: JSONObject = [
            "access_token": .string(try JWTSigner(key: state.signer).sign(claims).exposed), "token_type": "bearer",
            "issued_token_type": "urn:ietf:params:oauth:token-type:id_token", "expires_in": 600,
        ]
        for (name, value) in state.answer { members[name] = value == .null ? nil : value }
        return json(200, members)
    }
}

extension VersionedRoute {
    /// The server `team/tools` in the mode of a token exchange.
    static func exchanging(
        _ name: String = "tools",
        version: String = "1",
        _ change: (inout RouteAuthentication.TokenExchange) -> Void = { _ in }
    ) -> VersionedRoute {
        var mode = RouteAuthentication.TokenExchange(
            idpIssuer: FakeProvider.issuer,
            tokenEndpoint: FakeDex.tokenEndpoint,
            expectedIssuer: FakeDex.issuer,
            connectorID: "corp",
            scopes: ["openid", "groups"],
            requiredAudiences: ["tools"],
            client: nil
        )
        change(&mode)
        return of(name, version, .tokenExchange(mode))
    }

    /// The server `team/tools` that gets the user's own token.
    static func forwarding(_ audiences: [String] = ["backend"], version: String = "1") -> VersionedRoute {
        of("tools", version, .tokenForwarding(RouteAuthentication.TokenForwarding(requiredAudiences: audiences)))
    }

    static func plain(_ name: String, _ mode: RouteAuthentication) -> VersionedRoute { of(name, "1", mode) }

    private static func of(_ name: String, _ version: String, _ mode: RouteAuthentication) -> VersionedRoute {
        let route = Route(
            key: .team(name),
            uid: "u-\(name)",
            generation: 1,
            type: "streamable-http",
            url: "https://tools.example/mcp",
            resource: "https://tools.example/mcp",
            timeout: .seconds(30),
            headers: [:],
            toolPrefix: nil,
            family: nil,
            description: nil,
            authentication: mode
        )
        return VersionedRoute(route: route, version: version)
    }
}

extension GatewayTrust {
    /// The sample's provider, whose tokens Dex and the servers at `tools.example` may have.
    static let withDex = GatewayTrust(
        identityProviders: [
            IdentityProvider(
                issuer: FakeProvider.issuer,
                bearerAudiences: ["sallyport"],
                tokenEndpoints: [FakeDex.tokenEndpoint],
                forwardTo: [ForwardTarget(audience: "backend", urls: ["https://tools.example/"])],
                exchangeTo: ["tools", "other", "more", "new"].map { audience in
                    ForwardTarget(audience: audience, urls: ["https://tools.example/"])
                }
            )
        ]
    )
}
