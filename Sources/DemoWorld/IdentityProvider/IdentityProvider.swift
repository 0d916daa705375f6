// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
package import JOSE
package import JSON
import NIOConcurrencyHelpers
package import OpenSSL

/// Signs users in, and says by ID-JAGs which MCP servers they may use.
///
/// The issuer is the server's origin, without a slash at its end.
package final class IdentityProvider: Sendable {
    struct State: Sendable {
        var keys: SigningKeys
        var policy: AccessPolicy
        var clients: ClientAuthenticator
        var refreshTokens: ExpiringTable<[UInt8], SignIn>
    }

    let addresses: DemoAddresses
    let settings: IdentityProviderSettings
    let time: DemoTime
    let randomness: Randomness
    /// What a client of this provider is called at the resource authorization server.
    let clientNames: [String: String]
    let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - addresses: Of the whole enterprise.
    ///   - clients: Those that may sign users in and exchange their tokens.
    ///   - clientNames: What each is called at the resource authorization server.
    ///   - policy: Who may use what.
    ///   - settings: Lifetimes and bounds.
    ///   - time: By which tokens are judged.
    ///   - randomness: For tokens.
    /// - Throws: `OpenSSLError` when no key can be made.
    init(
        addresses: DemoAddresses,
        clients: [RegisteredClient],
        clientNames: [String: String],
        policy: AccessPolicy,
        settings: IdentityProviderSettings,
        time: DemoTime,
        randomness: Randomness
    ) throws(OpenSSLError) {
        self.addresses = addresses
        self.settings = settings
        self.time = time
        self.randomness = randomness
        self.clientNames = clientNames
        state = NIOLockedValueBox(
            State(
                keys: try SigningKeys(),
                policy: policy,
                clients: ClientAuthenticator(
                    clients: clients,
                    audiences: [addresses.identityProvider, addresses.identityProviderTokenEndpoint]
                ),
                refreshTokens: ExpiringTable(capacity: settings.refreshTokenCapacity)
            )
        )
    }

    /// The issuer identifier.
    package var issuer: String { addresses.identityProvider }
    /// What the provider publishes at the moment.
    package var keys: JWKSet { state.withLockedValue { $0.keys.published } }
    /// Who may use what at the moment.
    package var policy: AccessPolicy { state.withLockedValue { $0.policy } }

    /// What an ID token stands for at an MCP server, if it is one of this provider's for that one, and still good.
    package func grant(for token: Redacted<String>, at server: MCPServerName) -> AccessGrant? {
        let rules = SignedTokenRules(
            issuer: issuer,
            audience: server.audience,
            resource: addresses.resource(server)
        )
        return rules.accept(token, keys: keys, at: time.now())
    }

    /// Signs new tokens with a new key.
    ///
    /// - Parameter keepsOld: Whether tokens signed with the keys so far stay good.
    /// - Throws: `OpenSSLError` when no key can be made.
    package func rotateKeys(keepsOld: Bool) throws(OpenSSLError) {
        let result = state.withLockedValue { state -> Result<Void, OpenSSLError> in
            do throws(OpenSSLError) { return .success(try state.keys.rotate(keepsOld: keepsOld)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Puts other rows into the policy.
    package func replacePolicy(_ json: JSONValue) throws(JSONDecodingError) {
        var policy = policy
        try policy.replaceRows(json)
        state.withLockedValue { [policy] in $0.policy = policy }
    }

    /// Which endpoint a path is.
    static func endpoint(_ path: String) -> DemoEndpoint {
        switch path {
        case "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server": .identityProviderMetadata
        case "/keys": .identityProviderKeys
        case "/token": .identityProviderToken
        case "/demo/sign-in": .signIn
        default: .unknownPath(.identityProvider)
        }
    }

    /// Answers a request.
    func answer(_ request: DemoRequest, at endpoint: DemoEndpoint, fault: Fault?) -> DemoAnswer {
        switch endpoint {
        case .identityProviderMetadata:
            request.method == "GET" ? .document(metadata) : .wrongMethod(allowed: "GET")
        case .identityProviderKeys:
            request.method == "GET" ? .document(keys.json) : .wrongMethod(allowed: "GET")
        case .identityProviderToken: tokenAnswer(request, fault)
        case .signIn: signInAnswer(request, fault)
        default: .unknownPath
        }
    }

    /// [OpenID Connect Discovery §3](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata), as far
    /// as there is something to say: nobody is sent to this provider with a browser.
    private var metadata: JSONValue {
        [
            "issuer": .string(issuer),
            "token_endpoint": .string(addresses.identityProviderTokenEndpoint),
            "jwks_uri": .string(issuer + "/keys"),
            "scopes_supported": ["openid", "email", "offline_access"],
            "response_types_supported": ["code"],
            "grant_types_supported": .array(
                [RegisteredClient.Grant.refreshToken, .tokenExchange].map { .string($0.rawValue) }
            ),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": .array(
                RegisteredClient.Method.allCases.map { .string($0.rawValue) }
            ),
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            "identity_chaining_requested_token_types_supported": [.string(TokenKind.idJAG)],
            "claims_supported": ["sub", "email", "name", "auth_time", "sid"],
        ]
    }
}

/// Token types by their [registered names](https://www.rfc-editor.org/rfc/rfc8693#section-3).
enum TokenKind {
    static let idJAG = "urn:ietf:params:oauth:token-type:id-jag"
    static let idToken = "urn:ietf:params:oauth:token-type:id_token"
    static let refreshToken = "urn:ietf:params:oauth:token-type:refresh_token"
    /// The header's `typ` of an ID-JAG.
    static let idJAGHeader = "oauth-id-jag+jwt"
}
