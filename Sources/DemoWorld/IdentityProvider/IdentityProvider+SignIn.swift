// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import NIOConcurrencyHelpers

extension IdentityProvider {
    /// The shortest and the longest time, in seconds, that a sign-in may ask an ID token to be good for.
    private static let lifetimes: ClosedRange<Int64> = 1...86_400

    /// For whom ID tokens may be besides the client: the servers that take them.
    private static let audiences = MCPServerName.allCases.filter { $0.mode == .forwarded }.map(\.audience)

    /// The answer to a sign-in without a password, for demonstrations and tests alone.
    func signInAnswer(_ request: DemoRequest, _ fault: Fault?) -> DemoAnswer {
        guard request.method == "POST" else { return .wrongMethod(allowed: "POST") }
        // No program on this machine sends one; a page from somewhere else, in a browser on this machine, does.
        guard request.headers[.origin] == nil else { return .problem(403, "Browsers may not sign in here.") }
        let parameters: JSONValue
        do { parameters = try JSONValue(parsing: request.body, limits: DemoListener.jsonLimits) } catch {
            return .problem(400, "The body must be JSON, such as {\"user\":\"alice\"}.")
        }
        do {
            let name: String = try parameters.required("user")
            let client: String = try parameters.optional("client") ?? DemoCredentials.identityProviderClient
            guard let user = DemoUser.all.first(where: { $0.name == name }) else {
                return .problem(404, "There is no such user. There are \(DemoUser.all.map(\.name)).")
            }
            guard clientNames[client] != nil else { return .problem(404, "There is no such client.") }
            let audiences: [String] = try parameters.optional("audiences") ?? []
            guard Set(audiences).isSubset(of: Self.audiences) else {
                return .problem(404, "There is no such audience. There are \(Self.audiences).")
            }
            let seconds = try parameters.optional("lifetime") ?? settings.idTokenLifetime.components.seconds
            guard Self.lifetimes.contains(seconds) else {
                return .problem(400, "The member 'lifetime' must be seconds, from 1 to 86400.")
            }
            return try signIn(user, client, audiences, lifetime: .seconds(seconds), fault)
        } catch let error as JSONDecodingError {
            return .problem(400, "The body cannot be used: \(error).")
        } catch let refusal as OAuthRefusal {
            return refusal.answer
        } catch {
            return .problem(500, "This failed.")
        }
    }

    private func signIn(
        _ user: DemoUser,
        _ client: String,
        _ audiences: [String],
        lifetime: Duration,
        _ fault: Fault?
    ) throws -> DemoAnswer {
        let signIn = SignIn(
            user: user,
            client: client,
            audiences: audiences,
            sessionID: randomness.identifier(),
            time: time.now()
        )
        return .secret(
            [
                "demonstration": "No password was asked for. Nothing but a demonstration signs users in like this.",
                "user": .string(user.name),
                "id_token": .string(try idToken(for: signIn, lifetime: lifetime, fault).exposed),
                "refresh_token": .string(try refreshToken(for: signIn).exposed),
                "expires_in": .integer(lifetime.components.seconds),
            ]
        )
        .counted(user.name)
    }

    /// An ID token: [OpenID Connect Core §2](https://openid.net/specs/openid-connect-core-1_0.html#IDToken).
    func idToken(for signIn: SignIn, lifetime: Duration, _ fault: Fault?) throws(OAuthRefusal) -> Redacted<String> {
        let now = time.now()
        var claims: JSONObject = [
            "iss": .string(issuer), "sub": .string(signIn.user.subject), "aud": .string(signIn.client),
            "iat": .integer(now.seconds), "exp": .integer(now.advanced(by: lifetime).seconds),
            "auth_time": .integer(signIn.time.seconds), "sid": .string(signIn.sessionID), "amr": ["pwd"],
            "name": .string(signIn.user.displayName), "email": .string(signIn.user.email), "email_verified": true,
        ]
        if !signIn.audiences.isEmpty {
            claims["aud"] = ([signIn.client] + signIn.audiences).json
            claims["azp"] = .string(signIn.client)
        }
        return try sign(claims, type: "JWT", fault)
    }

    /// A refresh token, good for one use.
    func refreshToken(for signIn: SignIn) throws(OAuthRefusal) -> Redacted<String> {
        let token = randomness.token()
        let now = time.now()
        let insertion = state.withLockedValue { state in
            state.refreshTokens.insert(
                signIn,
                for: OpaqueToken.key(of: token.exposed),
                until: now.advanced(by: settings.refreshTokenLifetime),
                at: now
            )
        }
        guard insertion == .inserted else {
            throw OAuthRefusal(.temporarilyUnavailable, "There are too many refresh tokens. Try again later.")
        }
        return token
    }

    /// Signs claims with the key of the moment, changed as a test wants it.
    func sign(_ claims: JSONObject, type: String, _ fault: Fault?) throws(OAuthRefusal) -> Redacted<String> {
        let keys = state.withLockedValue { $0.keys }
        return try keys.sign(claims, type: type, fault)
    }
}
