// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
package import JSON
import NIOConcurrencyHelpers

/// An authorization server at which users consent by themselves: [RFC 6749 §4.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1)
/// as MCP has it, with PKCE, resources, registration and issuers in its answers.
///
/// Everybody consents to everything: nobody sees a page, and the user is whoever the browser says.
package final class ConsentServer: Sendable {
    /// Lifetimes and bounds.
    package struct Settings: Hashable, Sendable {
        /// How long a code is good.
        package var codeLifetime = Duration.seconds(60)
        /// How long an access token is good.
        package var tokenLifetime = Duration.seconds(300)
        /// How long a refresh token is good, and how long its reuse is noticed.
        package var refreshTokenLifetime = Duration.seconds(86_400)
        /// How many codes and tokens of each kind there are at once.
        package var capacity = 100_000

        package init() {}
    }

    /// What a user has consented to.
    struct Consent: Hashable, Sendable {
        var user: DemoUser
        var clientID: String
        var resource: String
        var scopes: Scopes
        /// The same for all tokens that came of it, however often they were refreshed.
        var family: String
    }

    /// A code, and what it must be redeemed with.
    struct Code: Hashable, Sendable {
        var consent: Consent
        var redirectURI: String
        var challenge: String
    }

    struct State: Sendable {
        var clients: ClientAuthenticator
        var codes: ExpiringTable<[UInt8], Code>
        /// Those that were used are remembered, so that a thief who comes second is noticed.
        var refreshTokens: ExpiringTable<[UInt8], (consent: Consent, isUsed: Bool)>
        var tokens: ExpiringTable<[UInt8], (grant: AccessGrant, family: String)>
    }

    static let scopes = MCPServerName.notes.scopes.union(["offline_access"])

    let addresses: DemoAddresses
    let settings: Settings
    let time: DemoTime
    let randomness: Randomness
    let state: NIOLockedValueBox<State>

    init(
        addresses: DemoAddresses,
        clients: [RegisteredClient],
        settings: Settings,
        time: DemoTime,
        randomness: Randomness
    ) {
        self.addresses = addresses
        self.settings = settings
        self.time = time
        self.randomness = randomness
        state = NIOLockedValueBox(
            State(
                clients: ClientAuthenticator(
                    clients: clients,
                    audiences: [addresses.consentServer, addresses.consentServer + "/token"]
                ),
                codes: ExpiringTable(capacity: settings.capacity),
                refreshTokens: ExpiringTable(capacity: settings.capacity),
                tokens: ExpiringTable(capacity: settings.capacity)
            )
        )
    }

    /// What a token stands for, if it is one of this server's and still good.
    package func grant(for token: Redacted<String>) -> AccessGrant? {
        let now = time.now()
        return state.withLockedValue { $0.tokens.value(for: OpaqueToken.key(of: token.exposed), at: now)?.grant }
    }

    /// Ends all access tokens, and says how many they were.
    package func revokeTokens() -> Int { state.withLockedValue { $0.tokens.removeAll { _ in true } } }

    /// Which endpoint a path is.
    static func endpoint(_ path: String) -> DemoEndpoint {
        switch path {
        case "/.well-known/oauth-authorization-server": .consentMetadata
        case "/authorize": .authorize
        case "/token": .consentToken
        case "/register": .registration
        default: .unknownPath(.consentServer)
        }
    }

    /// Answers a request.
    func answer(_ request: DemoRequest, at endpoint: DemoEndpoint, fault: Fault?) -> DemoAnswer {
        let method = endpoint == .consentToken || endpoint == .registration ? "POST" : "GET"
        guard request.method == method else { return .wrongMethod(allowed: method) }
        do throws(OAuthRefusal) {
            switch endpoint {
            case .consentMetadata: return .document(metadata)
            case .authorize: return try authorize(request, fault)
            case .consentToken: return try token(request, fault)
            case .registration: return try register(request)
            default: return .unknownPath
            }
        } catch {
            return error.answer.counted(error.code.rawValue)
        }
    }

    /// [RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414#section-2).
    private var metadata: JSONValue {
        let issuer = addresses.consentServer
        return [
            "issuer": .string(issuer), "authorization_endpoint": .string(issuer + "/authorize"),
            "token_endpoint": .string(issuer + "/token"), "registration_endpoint": .string(issuer + "/register"),
            "response_types_supported": ["code"],
            "grant_types_supported": .array(
                [RegisteredClient.Grant.authorizationCode, .refreshToken].map { .string($0.rawValue) }
            ),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": .array(
                RegisteredClient.Method.allCases.map { .string($0.rawValue) }
            ),
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            "authorization_response_iss_parameter_supported": true,
            "scopes_supported": Self.scopes.sorted().json,
        ]
    }
}
