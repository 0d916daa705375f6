// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
package import JSON
import NIOConcurrencyHelpers
import OpenSSL

/// Gives ID tokens of its own for those of the identity provider, as
/// [Dex](https://dexidp.io/docs/guides/token-exchange/) does.
///
/// A scope says for which MCP server a token shall be, and the server checks it with the keys that are published here.
package final class ExchangeServer: Sendable {
    /// Lifetimes.
    package struct Settings: Hashable, Sendable {
        /// How long a token is good.
        package var tokenLifetime = Duration.seconds(300)

        package init() {}
    }

    /// The connector that checks the identity provider's tokens.
    package static let connector = "enterprise"

    let addresses: DemoAddresses
    let settings: Settings
    let time: DemoTime
    let randomness: Randomness
    let signingKeys: SigningKeys
    /// What the identity provider publishes at the moment.
    let subjectKeys: @Sendable () -> JWKSet
    let clients: NIOLockedValueBox<ClientAuthenticator>

    /// - Parameters:
    ///   - addresses: Of the whole enterprise.
    ///   - clients: Those that are registered.
    ///   - settings: Lifetimes.
    ///   - time: By which tokens are judged.
    ///   - randomness: For identifiers.
    ///   - subjectKeys: What the identity provider publishes at the moment.
    /// - Throws: `OpenSSLError` when no key can be made.
    init(
        addresses: DemoAddresses,
        clients: [RegisteredClient],
        settings: Settings,
        time: DemoTime,
        randomness: Randomness,
        subjectKeys: @escaping @Sendable () -> JWKSet
    ) throws(OpenSSLError) {
        self.addresses = addresses
        self.settings = settings
        self.time = time
        self.randomness = randomness
        self.subjectKeys = subjectKeys
        signingKeys = try SigningKeys()
        self.clients = NIOLockedValueBox(
            ClientAuthenticator(
                clients: clients,
                audiences: [addresses.exchangeServer, addresses.exchangeServerTokenEndpoint]
            )
        )
    }

    /// What is published.
    package var keys: JWKSet { signingKeys.published }

    /// What a token stands for at an MCP server, if it is one of this server's for that one, and still good.
    package func grant(for token: Redacted<String>, at server: MCPServerName) -> AccessGrant? {
        let rules = SignedTokenRules(
            issuer: addresses.exchangeServer,
            audience: server.audience,
            resource: addresses.resource(server)
        )
        return rules.accept(token, keys: keys, at: time.now())
    }

    /// Which endpoint a path is.
    static func endpoint(_ path: String) -> DemoEndpoint {
        switch path {
        case "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server": .exchangeMetadata
        case "/keys": .exchangeKeys
        case "/token": .exchangeToken
        default: .unknownPath(.exchangeServer)
        }
    }

    /// Answers a request.
    func answer(_ request: DemoRequest, at endpoint: DemoEndpoint, fault: Fault?) -> DemoAnswer {
        let method = endpoint == .exchangeToken ? "POST" : "GET"
        guard request.method == method else { return .wrongMethod(allowed: method) }
        switch endpoint {
        case .exchangeMetadata: return .document(metadata)
        case .exchangeKeys: return .document(keys.json)
        case .exchangeToken:
            do throws(OAuthRefusal) { return try token(request, fault) } catch {
                return error.answer.counted(error.code.rawValue)
            }
        default: return .unknownPath
        }
    }

    /// [OpenID Connect Discovery §3](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata), as far
    /// as there is something to say: nobody signs in here with a browser.
    private var metadata: JSONValue {
        [
            "issuer": .string(addresses.exchangeServer),
            "token_endpoint": .string(addresses.exchangeServerTokenEndpoint),
            "jwks_uri": .string(addresses.exchangeServer + "/keys"),
            "scopes_supported": Self.scopes.sorted().json,
            "response_types_supported": ["code"],
            "grant_types_supported": [.string(RegisteredClient.Grant.tokenExchange.rawValue)],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": .array(
                RegisteredClient.Method.allCases.map { .string($0.rawValue) }
            ),
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        ]
    }
}
