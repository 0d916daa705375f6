// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import NIOConcurrencyHelpers
import OpenSSL

extension ConsentServer {
    /// The answer to a token request.
    func token(_ request: DemoRequest, _ fault: Fault?) throws(OAuthRefusal) -> DemoAnswer {
        let form = try FormParameters(request)
        let now = time.now()
        let authorization = request.headers[values: .authorization]
        let result = state.withLockedValue { state -> Result<Consent, OAuthRefusal> in
            do throws(OAuthRefusal) {
                let client = try state.clients.authenticate(form, authorization: authorization, at: now)
                let grant = try form.grant(for: client, among: [.authorizationCode, .refreshToken])
                let consent =
                    grant == .authorizationCode
                    ? try Self.redeem(form, client, &state, at: now) : try Self.refresh(form, client, &state, at: now)
                guard let resource = form["resource"], resource.hasSameBytes(as: consent.resource) else {
                    throw OAuthRefusal(.invalidTarget, "The parameter 'resource' must be that of the authorization.")
                }
                return .success(consent)
            } catch { return .failure(error) }
        }
        var consent = try result.get()
        if let scopes = fault?.scopes { consent.scopes.names.formIntersection(scopes.names) }
        return try issue(consent, at: now).counted(form["grant_type"] ?? "")
    }

    /// A code is used up by whoever brings it, good or not.
    private static func redeem(
        _ form: FormParameters,
        _ client: RegisteredClient,
        _ state: inout State,
        at now: NumericDate
    ) throws(OAuthRefusal) -> Consent {
        let refusal = OAuthRefusal(
            .invalidGrant,
            "The code is not good, or not this client's, or not with that verifier."
        )
        let text = try form.required("code")
        guard let code = state.codes.remove(OpaqueToken.key(of: text), at: now) else { throw refusal }
        let verifier = try form.required("code_verifier")
        let challenge = Base64URL.encode(SHA256.digest(Array(verifier.utf8)))
        guard code.consent.clientID.hasSameBytes(as: client.id), challenge == code.challenge,
            try form.required("redirect_uri").hasSameBytes(as: code.redirectURI)
        else { throw refusal }
        return code.consent
    }

    /// A refresh token is good once; one that comes again was stolen, and ends all that came of the same consent
    /// ([RFC 9700 §4.14.2](https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2)).
    private static func refresh(
        _ form: FormParameters,
        _ client: RegisteredClient,
        _ state: inout State,
        at now: NumericDate
    ) throws(OAuthRefusal) -> Consent {
        let refusal = OAuthRefusal(.invalidGrant, "The refresh token is not good, or not this client's.")
        let key = OpaqueToken.key(of: try form.required("refresh_token"))
        guard let known = state.refreshTokens.value(for: key, at: now) else { throw refusal }
        let consent = known.consent
        guard consent.clientID.hasSameBytes(as: client.id) else { throw refusal }
        guard !known.isUsed else {
            _ = state.refreshTokens.removeAll { $0.consent.family == consent.family }
            _ = state.tokens.removeAll { $0.family == consent.family }
            throw refusal
        }
        state.refreshTokens.update((consent, true), for: key, at: now)
        return consent
    }

    private func issue(_ consent: Consent, at now: NumericDate) throws(OAuthRefusal) -> DemoAnswer {
        let (token, refreshToken) = (randomness.token(), randomness.token())
        let grant = AccessGrant(
            subject: consent.user.subject,
            clientID: consent.clientID,
            resource: consent.resource,
            scopes: consent.scopes,
            expiry: now.advanced(by: settings.tokenLifetime)
        )
        let isKept = state.withLockedValue { state in
            let isKept = state.tokens.insert(
                (grant, consent.family),
                for: OpaqueToken.key(of: token.exposed),
                until: grant.expiry,
                at: now
            )
            let isRefreshKept = state.refreshTokens.insert(
                (consent, false),
                for: OpaqueToken.key(of: refreshToken.exposed),
                until: now.advanced(by: settings.refreshTokenLifetime),
                at: now
            )
            return isKept == .inserted && isRefreshKept == .inserted
        }
        guard isKept else { throw OAuthRefusal(.temporarilyUnavailable, "There are too many tokens.") }
        return .secret(
            [
                "access_token": .string(token.exposed), "token_type": "Bearer",
                "expires_in": .integer(settings.tokenLifetime.components.seconds),
                "refresh_token": .string(refreshToken.exposed), "scope": .string(consent.scopes.description),
                "resource": .string(consent.resource),
            ]
        )
    }
}
