// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
package import JSON
import NIOConcurrencyHelpers

/// Gives access tokens for ID-JAGs, each of which it accepts once.
///
/// Its tokens are opaque, and good at one resource. There are no refresh tokens: the identity provider is asked each time
/// ([ID-JAG §4.4.3](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-identity-assertion-authz-grant)).
package final class ResourceAuthorizationServer: Sendable {
    private struct State: Sendable {
        var clients: ClientAuthenticator
        var replays: ReplayStore
        var tokens: ExpiringTable<[UInt8], AccessGrant>
    }

    /// Lifetimes and bounds.
    package struct Settings: Hashable, Sendable {
        /// How long an access token is good.
        package var tokenLifetime = Duration.seconds(300)
        /// How many access tokens are good at once.
        package var tokenCapacity = 200_000
        /// How many used ID-JAGs are remembered.
        package var replayCapacity = 200_000

        package init() {}
    }

    private let addresses: DemoAddresses
    private let rules: IDJAGRules
    private let settings: Settings
    private let time: DemoTime
    private let randomness: Randomness
    private let issuerKeys: @Sendable () -> JWKSet
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - addresses: Of the whole enterprise.
    ///   - rules: By what ID-JAGs are believed.
    ///   - clients: Those that are registered.
    ///   - settings: Lifetimes and bounds.
    ///   - time: By which assertions are judged.
    ///   - randomness: For tokens.
    ///   - issuerKeys: What the identity provider publishes at the moment.
    init(
        addresses: DemoAddresses,
        rules: IDJAGRules,
        clients: [RegisteredClient],
        settings: Settings,
        time: DemoTime,
        randomness: Randomness,
        issuerKeys: @escaping @Sendable () -> JWKSet
    ) {
        self.addresses = addresses
        self.rules = rules
        self.settings = settings
        self.time = time
        self.randomness = randomness
        self.issuerKeys = issuerKeys
        state = NIOLockedValueBox(
            State(
                clients: ClientAuthenticator(
                    clients: clients,
                    audiences: [addresses.authorizationServer, addresses.authorizationServerTokenEndpoint]
                ),
                replays: ReplayStore(capacity: settings.replayCapacity),
                tokens: ExpiringTable(capacity: settings.tokenCapacity)
            )
        )
    }

    /// What a token stands for, if it is one of this server's and still good.
    package func grant(for token: Redacted<String>) -> AccessGrant? {
        let key = OpaqueToken.key(of: token.exposed)
        let now = time.now()
        return state.withLockedValue { $0.tokens.value(for: key, at: now) }
    }

    /// Ends the access tokens of a resource, or all, and says how many they were.
    package func revokeTokens(at resource: String?) -> Int {
        state.withLockedValue { state in
            state.tokens.removeAll { grant in resource.map(grant.resource.hasSameBytes) ?? true }
        }
    }

    /// Which endpoint a path is.
    static func endpoint(_ path: String) -> DemoEndpoint {
        switch path {
        case "/.well-known/oauth-authorization-server": .authorizationServerMetadata
        case "/token": .authorizationServerToken
        default: .unknownPath(.authorizationServer)
        }
    }

    /// Answers a request.
    func answer(_ request: DemoRequest, at endpoint: DemoEndpoint, fault: Fault?) -> DemoAnswer {
        switch endpoint {
        case .authorizationServerMetadata:
            return request.method == "GET" ? .document(metadata) : .wrongMethod(allowed: "GET")
        case .authorizationServerToken:
            guard request.method == "POST" else { return .wrongMethod(allowed: "POST") }
            do throws(OAuthRefusal) { return try token(request, fault) } catch {
                return error.answer.counted(error.code.rawValue)
            }
        default: return .unknownPath
        }
    }

    /// [RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414#section-2).
    private var metadata: JSONValue {
        [
            "issuer": .string(addresses.authorizationServer),
            "token_endpoint": .string(addresses.authorizationServerTokenEndpoint),
            "response_types_supported": [],
            "grant_types_supported": [.string(RegisteredClient.Grant.jwtBearer.rawValue)],
            "authorization_grant_profiles_supported": ["urn:ietf:params:oauth:grant-profile:id-jag"],
            "token_endpoint_auth_methods_supported": .array(
                RegisteredClient.Method.allCases.map { .string($0.rawValue) }
            ),
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            "scopes_supported": .array(
                Set(rules.resources.values.flatMap(\.names)).sorted().map(JSONValue.string)
            ),
        ]
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
        _ = try form.grant(for: client, among: [.jwtBearer])
        var acceptance = try rules.accept(
            Redacted(try form.required("assertion")),
            for: IDJAGRules.Request(clientID: client.id, scopes: try form.scopes(), resource: form["resource"]),
            keys: issuerKeys(),
            at: now
        )
        if let scopes = fault?.scopes { acceptance.scopes.names.formIntersection(scopes.names) }
        let token = try issue(for: acceptance, client, at: now)
        return .secret(
            [
                "access_token": .string(token.exposed), "token_type": "Bearer",
                "expires_in": .integer(settings.tokenLifetime.components.seconds),
                "scope": .string(acceptance.scopes.description), "resource": .string(acceptance.resource),
            ]
        )
        .counted("jwt-bearer")
    }

    /// Uses the ID-JAG up, whatever comes of it, and makes a token.
    private func issue(
        for acceptance: IDJAGRules.Acceptance,
        _ client: RegisteredClient,
        at now: NumericDate
    ) throws(OAuthRefusal) -> Redacted<String> {
        let token = randomness.token()
        let grant = AccessGrant(
            subject: acceptance.subject,
            clientID: client.id,
            resource: acceptance.resource,
            scopes: acceptance.scopes,
            expiry: now.advanced(by: settings.tokenLifetime)
        )
        let result = state.withLockedValue { state -> Result<Void, OAuthRefusal> in
            do throws(OAuthRefusal) {
                try state.replays.use(acceptance.identifier, of: rules.trustedIssuer, until: acceptance.end, at: now)
            } catch { return .failure(error) }
            let key = OpaqueToken.key(of: token.exposed)
            guard state.tokens.insert(grant, for: key, until: grant.expiry, at: now) == .inserted else {
                return .failure(OAuthRefusal(.temporarilyUnavailable, "There are too many access tokens."))
            }
            return .success(())
        }
        try result.get()
        return token
    }
}
