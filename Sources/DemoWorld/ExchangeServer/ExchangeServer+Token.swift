// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import NIOConcurrencyHelpers

extension ExchangeServer {
    /// What it can say about a user.
    static let scopes: Set<String> = ["openid", "email", "profile"]

    /// What a scope begins with that names another client as an audience
    /// ([cross-client trust](https://dexidp.io/docs/custom-scopes-claims-clients/#cross-client-trust-and-authorized-party)).
    private static let audiencePrefix = "audience:server:client_id:"

    /// The MCP servers, each of which lets the gateway's client ask for tokens for it.
    private static let audiences = MCPServerName.allCases.filter { $0.mode == .exchanged }.map(\.audience)

    /// The answer to a token request: [RFC 8693 §2](https://www.rfc-editor.org/rfc/rfc8693#section-2), for ID tokens and
    /// nothing else.
    func token(_ request: DemoRequest, _ fault: Fault?) throws(OAuthRefusal) -> DemoAnswer {
        let form = try FormParameters(request)
        let client = try client(form, authorization: request.headers[values: .authorization])
        _ = try form.grant(for: client, among: [.tokenExchange])
        for name in ["subject_token_type", "requested_token_type"] {
            guard try form.required(name) == TokenKind.idToken else {
                throw OAuthRefusal(.invalidRequest, "The parameter '\(name)' must be \(TokenKind.idToken).")
            }
        }
        guard try form.required("connector_id") == Self.connector else {
            throw OAuthRefusal(.invalidRequest, "There is no such connector. There is '\(Self.connector)'.")
        }
        let user = try user(Redacted(try form.required("subject_token")))
        var scopes = try form.scopes() ?? Scopes()
        try check(scopes)
        if let granted = fault?.scopes { scopes.names.formIntersection(granted.names) }
        let token = try signingKeys.sign(claims(of: user, client, scopes), type: "JWT", fault)
        return .secret(
            [
                "issued_token_type": .string(TokenKind.idToken), "access_token": .string(token.exposed),
                // What Dex calls every token.
                "token_type": "bearer", "expires_in": .integer(settings.tokenLifetime.components.seconds),
            ]
        )
        .counted("token-exchange", user.name)
    }

    private func client(
        _ form: FormParameters,
        authorization: [String]
    ) throws(OAuthRefusal) -> RegisteredClient {
        let now = time.now()
        let identified = clients.withLockedValue { clients -> Result<RegisteredClient, OAuthRefusal> in
            do throws(OAuthRefusal) {
                return .success(try clients.authenticate(form, authorization: authorization, at: now))
            } catch {
                return .failure(error)
            }
        }
        return try identified.get()
    }

    /// The user whom an ID token of the identity provider is about; 401 for any other token, as Dex answers.
    private func user(_ token: Redacted<String>) throws(OAuthRefusal) -> DemoUser {
        let policy = JWTPolicy(
            issuer: addresses.identityProvider,
            audiences: [DemoCredentials.identityProviderClient],
            algorithms: [.es256],
            type: .oneOf(["JWT"]),
            leeway: .zero
        )
        let claims: Claims
        do {
            claims = try UnverifiedJWT(token).verified(with: subjectKeys(), policy: policy, at: time.now())
        } catch {
            throw OAuthRefusal(.accessDenied, "The subject token is not accepted. \(error)", status: 401)
        }
        guard let user = DemoUser.all.first(where: { $0.subject == claims.subject }) else {
            throw OAuthRefusal(.accessDenied, "The subject token is about nobody here.", status: 401)
        }
        return user
    }

    private func check(_ scopes: Scopes) throws(OAuthRefusal) {
        guard scopes.names.contains("openid") else {
            throw OAuthRefusal(.invalidScope, "The scope 'openid' is missing.")
        }
        let known = Self.scopes.union(Self.audiences.map { Self.audiencePrefix + $0 })
        guard scopes.names.isSubset(of: known) else {
            throw OAuthRefusal(.invalidScope, "A scope is not known, or names a client that does not trust this one.")
        }
    }

    /// For the servers that are named, and always for the client itself, as with Dex.
    private func claims(of user: DemoUser, _ client: RegisteredClient, _ scopes: Scopes) -> JSONObject {
        let audiences = Self.audiences.filter { scopes.names.contains(Self.audiencePrefix + $0) } + [client.id]
        let now = time.now()
        var claims: JSONObject = [
            "iss": .string(addresses.exchangeServer), "sub": .string(user.subject), "aud": audiences.json,
            "azp": .string(client.id), "jti": .string(randomness.identifier()), "iat": .integer(now.seconds),
            "exp": .integer(now.advanced(by: settings.tokenLifetime).seconds),
        ]
        if scopes.names.contains("email") {
            claims["email"] = .string(user.email)
            claims["email_verified"] = true
        }
        if scopes.names.contains("profile") { claims["name"] = .string(user.displayName) }
        return claims
    }
}
