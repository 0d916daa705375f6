// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import NIOConcurrencyHelpers

extension IdentityProvider {
    /// The answer to a token request.
    func tokenAnswer(_ request: DemoRequest, _ fault: Fault?) -> DemoAnswer {
        guard request.method == "POST" else { return .wrongMethod(allowed: "POST") }
        do throws(OAuthRefusal) { return try token(request, fault) } catch {
            return error.answer.counted(error.code.rawValue)
        }
    }

    private func token(_ request: DemoRequest, _ fault: Fault?) throws(OAuthRefusal) -> DemoAnswer {
        let form = try FormParameters(request)
        let authorization = request.headers[values: .authorization]
        let now = time.now()
        let identified = state.withLockedValue { state -> Result<RegisteredClient, OAuthRefusal> in
            do throws(OAuthRefusal) {
                return .success(try state.clients.authenticate(form, authorization: authorization, at: now))
            } catch {
                return .failure(error)
            }
        }
        let client = try identified.get()
        let grant = try form.grant(for: client, among: [.refreshToken, .tokenExchange])
        return grant == .refreshToken
            ? try refresh(form, client, fault) : try exchange(form, client, fault)
    }

    /// [RFC 6749 §6](https://www.rfc-editor.org/rfc/rfc6749#section-6): the token is used up, and another comes back.
    private func refresh(
        _ form: FormParameters,
        _ client: RegisteredClient,
        _ fault: Fault?
    ) throws(OAuthRefusal) -> DemoAnswer {
        let text = try form.required("refresh_token")
        let signIn = try signIn(refreshToken: text, client, uses: true)
        return .secret(
            [
                "access_token": .string(randomness.token().exposed),
                "token_type": "Bearer",
                "expires_in": .integer(settings.idTokenLifetime.components.seconds),
                "id_token": .string(try idToken(for: signIn, lifetime: settings.idTokenLifetime, fault).exposed),
                "refresh_token": .string(try refreshToken(for: signIn).exposed),
                "scope": "openid email offline_access",
            ]
        )
        .counted(RegisteredClient.Grant.refreshToken.rawValue)
    }

    /// [RFC 8693 §2](https://www.rfc-editor.org/rfc/rfc8693#section-2), for ID-JAGs and nothing else.
    private func exchange(
        _ form: FormParameters,
        _ client: RegisteredClient,
        _ fault: Fault?
    ) throws(OAuthRefusal) -> DemoAnswer {
        guard try form.required("requested_token_type") == TokenKind.idJAG else {
            throw OAuthRefusal(.invalidRequest, "The parameter 'requested_token_type' must be \(TokenKind.idJAG).")
        }
        guard form["actor_token"] == nil, form["authorization_details"] == nil else {
            throw OAuthRefusal(.invalidRequest, "Neither 'actor_token' nor 'authorization_details' is supported.")
        }
        let audience = try form.required("audience")
        let requested = try form.scopes()
        let subject = try subject(form, client)
        var granted = try policy.decide(
            user: subject.user.name,
            audience: audience,
            resource: form["resource"],
            requested: requested
        )
        if let scopes = fault?.scopes { granted.scopes.names.formIntersection(scopes.names) }
        // A client that has no name there could use no ID-JAG.
        guard let clientName = clientNames[client.id] else {
            throw OAuthRefusal(.unauthorizedClient, "The client is not known to the audience.")
        }
        let now = time.now()
        let lifetime = settings.idJAGLifetime
        let idJAG = try sign(
            [
                "iss": .string(issuer), "sub": .string(subject.user.subject), "aud": .string(granted.target.audience),
                "client_id": .string(clientName), "jti": .string(randomness.identifier()),
                "iat": .integer(now.seconds), "exp": .integer(now.advanced(by: lifetime).seconds),
                "resource": .string(granted.target.resource), "scope": .string(granted.scopes.description),
                "auth_time": .integer(subject.time.seconds),
            ],
            type: TokenKind.idJAGHeader,
            fault
        )
        return .secret(
            [
                "issued_token_type": .string(TokenKind.idJAG), "access_token": .string(idJAG.exposed),
                "token_type": "N_A", "scope": .string(granted.scopes.description),
                "expires_in": .integer(lifetime.components.seconds),
            ]
        )
        .counted("token-exchange", subject.user.name)
    }

    /// The user whom the subject token is about.
    private func subject(_ form: FormParameters, _ client: RegisteredClient) throws(OAuthRefusal) -> SignIn {
        let text = try form.required("subject_token")
        switch try form.required("subject_token_type") {
        case TokenKind.idToken: return try signIn(idToken: Redacted(text), client)
        case TokenKind.refreshToken: return try signIn(refreshToken: text, client, uses: false)
        default:
            throw OAuthRefusal(.invalidRequest, "Only ID tokens and refresh tokens can be exchanged here.")
        }
    }

    /// Checks an ID token of this provider, which must have been issued to the client that presents it.
    private func signIn(idToken: Redacted<String>, _ client: RegisteredClient) throws(OAuthRefusal) -> SignIn {
        let policy = JWTPolicy(
            issuer: issuer,
            audiences: [client.id],
            authorizedParties: [client.id],
            algorithms: [.es256],
            type: .oneOf(["JWT"]),
            leeway: .zero,
            requiredClaims: [.subject, .issuedAt, .sessionID],
            refusedClaims: [.events, .clientID, .confirmation]
        )
        let claims: Claims
        do { claims = try UnverifiedJWT(idToken).verified(with: keys, policy: policy, at: time.now()) } catch {
            throw OAuthRefusal(.invalidGrant, "The subject token is not accepted. \(error)")
        }
        guard let user = DemoUser.all.first(where: { $0.subject == claims.subject }), let sessionID = claims.sessionID
        else {
            throw OAuthRefusal(.invalidGrant, "The subject token is about nobody here.")
        }
        let time = claims.authenticationTime ?? claims.issuedAt ?? time.now()
        return SignIn(user: user, client: client.id, sessionID: sessionID, time: time)
    }

    private func signIn(
        refreshToken text: String,
        _ client: RegisteredClient,
        uses: Bool
    ) throws(OAuthRefusal) -> SignIn {
        let key = OpaqueToken.key(of: text)
        let now = time.now()
        let signIn = state.withLockedValue { state -> SignIn? in
            guard let signIn = state.refreshTokens.value(for: key, at: now), signIn.client == client.id else {
                return nil
            }
            return uses ? state.refreshTokens.remove(key, at: now) : signIn
        }
        guard let signIn else {
            throw OAuthRefusal(.invalidGrant, "The refresh token is not good, or not any more.")
        }
        return signIn
    }
}

extension FormParameters {
    /// The grant that is asked for, if the server has it and the client may use it.
    func grant(
        for client: RegisteredClient,
        among grants: Set<RegisteredClient.Grant>
    ) throws(OAuthRefusal) -> RegisteredClient.Grant {
        guard let grant = RegisteredClient.Grant(rawValue: try required("grant_type")), grants.contains(grant) else {
            throw OAuthRefusal(.unsupportedGrantType, "This server has no such grant.")
        }
        guard client.grants.contains(grant) else {
            throw OAuthRefusal(.unauthorizedClient, "The client may not use this grant.")
        }
        return grant
    }
}
