// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import Testing

@testable import MCPServerAPI
@testable import MCPServerOperator

@Suite("Trust rules")
struct TrustRulesTests {
    /// One sentence of the design, as a question and its answer.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var configuration: TrustConfiguration = .two
        var metadata: MetadataSnapshot = .both
        var endpoint: String?
        var issuer: String?
        var idp: String?
        /// `issuer -> endpoint`, or the reason, or `ask issuer`.
        var expected: String
    }

    @Test(
        "who may receive the tokens of a configured issuer",
        arguments: [
            Row(
                testDescription: "an endpoint in the issuer's tokenEndpoints",
                endpoint: "https://a.example/listed",
                expected: "https://a.example -> https://a.example/listed"
            ),
            Row(
                testDescription: "the token_endpoint of the issuer's own metadata",
                endpoint: "https://a.example/token",
                expected: "https://a.example -> https://a.example/token"
            ),
            Row(
                testDescription: "the metadata's endpoint is compared as a string",
                endpoint: "https://a.example:443/token",
                expected: "IssuerNotTrusted"
            ),
            Row(
                testDescription: "another endpoint on the issuer's own host is not one of them",
                endpoint: "https://a.example/elsewhere",
                expected: "IssuerNotTrusted"
            ),
            Row(
                testDescription: "an endpoint nobody allows",
                endpoint: "https://evil.example/token",
                expected: "IssuerNotTrusted"
            ),
            Row(
                testDescription: "idpIssuer given: it must be a configured issuer",
                endpoint: "https://a.example/token",
                issuer: "https://evil.example",
                expected: "IssuerNotTrusted"
            ),
            Row(
                testDescription: "idpIssuer given: it alone decides, although another issuer allows the endpoint",
                endpoint: "https://b.example/token",
                issuer: "https://a.example",
                expected: "IssuerNotTrusted"
            ),
            Row(
                testDescription: "idpIssuer given, and it allows the endpoint",
                endpoint: "https://shared.example/token",
                issuer: "https://b.example",
                expected: "https://b.example -> https://shared.example/token"
            ),
            Row(
                testDescription: "idpIssuer alone: its discovered token endpoint",
                issuer: "https://b.example",
                expected: "https://b.example -> https://b.example/token"
            ),
            Row(
                testDescription: "idp: the name of a configured provider",
                idp: "b",
                expected: "https://b.example -> https://b.example/token"
            ),
            Row(testDescription: "idp: an unknown name", idp: "c", expected: "IssuerNotTrusted"),
            Row(
                testDescription: "idp and another idpIssuer",
                issuer: "https://a.example",
                idp: "b",
                expected: "InvalidSpec"
            ),
            Row(
                testDescription: "several issuers allow it and none is named",
                endpoint: "https://shared.example/token",
                expected: "InvalidSpec"
            ),
            Row(testDescription: "nothing is named", expected: "InvalidSpec"),
            Row(
                testDescription: "discovery unreachable: listed endpoints count",
                metadata: .neither,
                endpoint: "https://a.example/listed",
                expected: "https://a.example -> https://a.example/listed"
            ),
            Row(
                testDescription: "discovery unreachable: a server that would need it stays open",
                metadata: .neither,
                endpoint: "https://a.example/token",
                expected: "DiscoveryFailed"
            ),
            Row(
                testDescription: "discovery unreachable: idpIssuer alone needs it",
                metadata: .neither,
                issuer: "https://a.example",
                expected: "DiscoveryFailed"
            ),
            Row(
                testDescription: "discovery unreachable for the named issuer only, and the endpoint is the other's",
                metadata: ["https://a.example": .unavailable("down"), "https://b.example": .b],
                endpoint: "https://b.example/token",
                issuer: "https://a.example",
                expected: "DiscoveryFailed"
            ),
            Row(
                testDescription: "one issuer allows it, another one's discovery is unreachable",
                metadata: ["https://a.example": .unavailable("down"), "https://b.example": .b],
                endpoint: "https://b.example/token",
                expected: "https://b.example -> https://b.example/token"
            ),
            Row(
                testDescription: "metadata without a token_endpoint leaves it open",
                metadata: [
                    "https://a.example": .known(ProviderMetadata(issuer: "https://a.example", tokenEndpoint: nil)),
                    "https://b.example": .b,
                ],
                issuer: "https://a.example",
                expected: "DiscoveryFailed"
            ),
            Row(
                testDescription: "metadata nobody has asked for yet",
                metadata: [:],
                issuer: "https://a.example",
                expected: "ask https://a.example"
            ),
            Row(
                testDescription: "in a cluster nothing is trusted by default",
                configuration: TrustConfiguration(),
                endpoint: "https://a.example/token",
                expected: "IssuerNotTrusted"
            ),
            Row(
                testDescription: "serve without providers trusts any endpoint",
                configuration: .everything,
                endpoint: "https://any.example/token",
                expected: "- -> https://any.example/token"
            ),
            Row(
                testDescription: "serve without providers discovers any issuer",
                configuration: .everything,
                metadata: [:],
                issuer: "https://any.example",
                expected: "ask https://any.example"
            ),
            Row(
                testDescription: "serve without providers has no names",
                configuration: .everything,
                idp: "corp",
                expected: "IssuerNotTrusted"
            ),
        ]
    )
    func identityProvider(row: Row) throws {
        let server = try reference(row)
        let verdict = TrustRules(configuration: row.configuration, metadata: row.metadata).identityProvider(server)
        #expect(verdict.text == row.expected)
        if case .refused(let problem) = verdict, row.expected == "InvalidSpec", row.issuer == nil, row.endpoint != nil {
            #expect(problem.message.contains("Name idpIssuer"))
        }
    }

    private func reference(_ row: Row) throws -> AuthConfiguration.IdentityProviderReference {
        AuthConfiguration.IdentityProviderReference(
            tokenEndpoint: try row.endpoint.map { try AbsoluteURL(parsing: $0) },
            issuer: try row.issuer.map { try Issuer(parsing: $0) },
            name: row.idp
        )
    }

    @Test(
        "token exchange goes only where a configured issuer allows, whatever the exchanged token's issuer",
        arguments: [
            ("https://a.example/listed", "https://dex.example", "https://a.example -> https://a.example/listed"),
            ("https://a.example/token", "https://a.example", "https://a.example -> https://a.example/token"),
            ("https://evil.example/token", "https://a.example", "IssuerNotTrusted"),
            ("https://shared.example/token", "https://dex.example", "InvalidSpec"),
            ("https://shared.example/token", "https://b.example", "https://b.example -> https://shared.example/token"),
        ]
    )
    func tokenExchange(endpoint: String, expectedIssuer: String, expected: String) {
        let rules = TrustRules(configuration: .two, metadata: .both)
        #expect(rules.tokenExchange(endpoint: endpoint, expectedIssuer: expectedIssuer).text == expected)
    }

    @Test(
        "leg 2 goes to the issuer's origin, to its own metadata's endpoint, or where configuration says",
        arguments: [
            ("https://as.example/token", ProviderMetadataState?.none, "https://as.example/token"),
            ("https://as.example:443/token", nil, "https://as.example:443/token"),
            ("https://as.example:8443/token", nil, "ask https://as.example"),
            (
                "https://tokens.example/t",
                .known(.init(issuer: "https://as.example", tokenEndpoint: "https://tokens.example/t")),
                "https://tokens.example/t"
            ),
            (
                "https://tokens.example/x",
                .known(.init(issuer: "https://as.example", tokenEndpoint: "https://tokens.example/t")),
                "IssuerNotTrusted"
            ),
            (
                "https://tokens.example/x", .known(.init(issuer: "https://as.example", tokenEndpoint: nil)),
                "IssuerNotTrusted"
            ),
            ("https://tokens.example/x", .unavailable("down"), "DiscoveryFailed"),
            ("https://configured.example/t", .unavailable("down"), "https://configured.example/t"),
            (
                "https://idp.example/steal",
                .known(.init(issuer: "https://as.example", tokenEndpoint: "https://as.example/t")), "IssuerNotTrusted"
            ),
            (nil, nil, "discovered by the gateway"),
        ]
    )
    func legTwo(endpoint: String?, metadata: ProviderMetadataState?, expected: String) throws {
        var configuration = TrustConfiguration.two
        configuration.authorizationServers = [
            TrustConfiguration.AuthorizationServer(
                issuer: "https://as.example",
                tokenEndpoints: ["https://configured.example/t"]
            )
        ]
        let rules = TrustRules(
            configuration: configuration,
            metadata: metadata.map { ["https://as.example": $0] } ?? [:]
        )
        let verdict = rules.authServerEndpoint(
            try endpoint.map { try AbsoluteURL(parsing: $0) },
            issuer: try Issuer(parsing: "https://as.example"),
            mustBeKnown: false
        )
        #expect(verdict.text == expected)
    }

    @Test("another issuer's configured endpoints do not count for leg 2")
    func legTwoOfAnotherIssuer() throws {
        var configuration = TrustConfiguration.two
        configuration.authorizationServers = [
            TrustConfiguration.AuthorizationServer(
                issuer: "https://other.example",
                tokenEndpoints: ["https://c.example/t"]
            )
        ]
        let rules = TrustRules(configuration: configuration, metadata: ["https://as.example": .unavailable("down")])
        let verdict = rules.authServerEndpoint(
            try AbsoluteURL(parsing: "https://c.example/t"),
            issuer: try Issuer(parsing: "https://as.example"),
            mustBeKnown: false
        )
        #expect(verdict.text == "DiscoveryFailed")
    }

    @Test("where a granted Secret goes must be known, so the endpoint is discovered")
    func knownEndpoint() throws {
        let issuer = try Issuer(parsing: "https://as.example")
        let unknown = TrustRules(configuration: .two, metadata: [:])
        #expect(unknown.authServerEndpoint(nil, issuer: issuer, mustBeKnown: true).text == "ask https://as.example")
        let known = TrustRules(
            configuration: .two,
            metadata: [
                "https://as.example": .known(.init(issuer: "https://as.example", tokenEndpoint: "https://as.example/t"))
            ]
        )
        #expect(known.authServerEndpoint(nil, issuer: issuer, mustBeKnown: true).text == "https://as.example/t")
    }

    @Test(
        "ID tokens are forwarded only to servers under a configured target",
        arguments: [
            ("https://tools.example/a", true), ("https://tools.example/a/b", true), ("https://tools.example/ab", false),
            ("https://tools.example/", false), ("http://tools.example/a", false),
            ("https://tools.example:444/a", false),
            ("https://evil.example/a", false), ("https://tools.example/a/..%2Fb", false),
        ]
    )
    func forwarding(url: String, isAllowed: Bool) throws {
        var configuration = TrustConfiguration.two
        configuration.identityProviders[0].forwardTo = [
            TrustConfiguration.ForwardTarget(audience: "tools", urls: ["https://tools.example/a", "no URL"])
        ]
        let rules = TrustRules(configuration: configuration, metadata: [:])
        let problem = rules.forwardingProblem(try AbsoluteURL(parsing: url))
        #expect((problem == nil) == isAllowed)
        #expect(problem == nil || problem?.reason == .issuerNotTrusted)
        #expect(
            TrustRules(configuration: .everything, metadata: [:]).forwardingProblem(try AbsoluteURL(parsing: url))
                == nil
        )
    }

    /// The client of a server's own, in a Secret beside it.
    private static let ownClient = ClientCredentials(
        reference: SecretReference(
            key: ObjectKey(namespace: "team-a", name: "client"),
            isCrossNamespace: false,
            field: .field("spec")
        ),
        keys: .standard,
        method: .standard
    )

    /// A server in the mode `tokenExchange`, as the rules get it.
    private func exchange(_ audiences: [String], ownClient: Bool = false) throws -> AuthConfiguration.TokenExchange {
        AuthConfiguration.TokenExchange(
            tokenEndpoint: try AbsoluteURL(parsing: "https://a.example/listed"),
            expectedIssuer: try Issuer(parsing: "https://a.example"),
            connectorID: "corp",
            scopes: ScopeList(),
            requiredAudiences: audiences,
            client: ownClient ? Self.ownClient : nil
        )
    }

    @Test(
        "the gateway's own client obtains tokens only for the pairs of audience and server that are configured",
        arguments: [
            (["tools"], "https://tools.example/a", true), (["tools"], "https://tools.example/a/b", true),
            (["tools", "logs"], "https://tools.example/a", true), (["tools"], "https://tools.example/ab", false),
            (["tools"], "https://evil.example/a", false), (["tools"], "https://tools.example/a/..%2Fb", false),
            (["payroll"], "https://tools.example/a", false), (["tools", "payroll"], "https://tools.example/a", false),
            (["logs"], "https://logs.example/", true), (["tools"], "https://logs.example/", false),
            ([], "https://tools.example/a", false),
        ] as [([String], String, Bool)]
    )
    func exchangeTargets(audiences: [String], url: String, isAllowed: Bool) throws {
        var configuration = TrustConfiguration.two
        configuration.identityProviders[0].exchangeTo = [
            TrustConfiguration.ForwardTarget(audience: "tools", urls: ["https://tools.example/a", "no URL"])
        ]
        configuration.identityProviders[1].exchangeTo = [
            TrustConfiguration.ForwardTarget(
                audience: "logs",
                urls: ["https://logs.example/", "https://tools.example/"]
            )
        ]
        let server = try AbsoluteURL(parsing: url)
        let rules = TrustRules(configuration: configuration, metadata: [:])
        let problem = rules.exchangeProblem(try exchange(audiences), to: server)
        #expect((problem == nil) == isAllowed)
        #expect(problem == nil || problem?.reason == .issuerNotTrusted)
        #expect(problem == nil || problem?.message.contains("exchangeTo") == true)
        // A client of the server's own gets what the issuer lets it have, and where everything is trusted nobody asks.
        #expect(rules.exchangeProblem(try exchange(audiences, ownClient: true), to: server) == nil)
        let everything = TrustRules(configuration: .everything, metadata: [:])
        #expect(everything.exchangeProblem(try exchange(audiences), to: server) == nil)
    }

    /// What a resource pins at the issuer `https://as.example`, or another one, and what becomes of it.
    struct PinRow: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var authorization = "https://as.example/authorize"
        var token = "https://as.example/token"
        var issuer = "https://as.example"
        var hasClient = true
        /// With this metadata, if any.
        var metadata: ProviderMetadataState? = .authorizationServer()
        /// `allowed`, a reason with a word of the message, or `ask`.
        var expected = "allowed"
        var word = ""
    }

    @Test(
        "pinned endpoints are the issuer's own, listed, or chosen by a client of the server's own where the issuer is",
        arguments: [
            PinRow(testDescription: "the issuer's own, for whichever client", hasClient: false),
            PinRow(
                testDescription: "the issuer's own on another host",
                authorization: "https://login.example/a",
                token: "https://tokens.example/t",
                hasClient: false,
                metadata: .authorizationServer("https://login.example/a", "https://tokens.example/t")
            ),
            PinRow(
                testDescription: "another one where the issuer is, for a client of the server's own",
                authorization: "https://as.example/v2/a",
                token: "https://as.example/v2/t"
            ),
            PinRow(
                testDescription: "the same needs no metadata",
                authorization: "https://as.example/v2/a",
                token: "https://as.example/v2/t",
                metadata: nil
            ),
            PinRow(
                testDescription: "another one where the issuer is, for the gateway's client",
                token: "https://as.example/v2/t",
                hasClient: false,
                expected: "IssuerNotTrusted",
                word: "clientCredentialsSecretRef"
            ),
            PinRow(
                testDescription: "an authorization endpoint elsewhere",
                authorization: "https://evil.example/a",
                expected: "IssuerNotTrusted",
                word: "another origin"
            ),
            PinRow(
                testDescription: "a token endpoint elsewhere",
                token: "https://as.example:8443/token",
                expected: "IssuerNotTrusted",
                word: "authorizationServers"
            ),
            PinRow(
                testDescription: "metadata that names no endpoint allows none elsewhere",
                token: "https://evil.example/t",
                metadata: .known(ProviderMetadata(issuer: "https://as.example", tokenEndpoint: nil)),
                expected: "IssuerNotTrusted",
                word: "names none"
            ),
            PinRow(
                testDescription: "a listed token endpoint",
                token: "https://listed.example/t",
                hasClient: false
            ),
            PinRow(
                testDescription: "what is listed as a token endpoint is no place for browsers",
                authorization: "https://listed.example/t",
                expected: "IssuerNotTrusted",
                word: "another origin"
            ),
            PinRow(
                testDescription: "an issuer at which users of the gateway sign in, with its own endpoints",
                authorization: "https://a.example/authorize",
                token: "https://a.example/token",
                issuer: "https://a.example"
            ),
            PinRow(
                testDescription: "another endpoint of such an issuer",
                authorization: "https://a.example/other",
                token: "https://a.example/token",
                issuer: "https://a.example",
                expected: "IssuerNotTrusted",
                word: "identityProviders"
            ),
            PinRow(
                testDescription: "a query that the issuer's metadata does not have",
                authorization: "https://as.example/authorize?audience=x",
                expected: "IssuerNotTrusted",
                word: "query"
            ),
            PinRow(
                testDescription: "a query that it has",
                authorization: "https://as.example/authorize?x",
                metadata: .authorizationServer("https://as.example/authorize?x")
            ),
            PinRow(
                testDescription: "metadata out of reach leaves it open",
                hasClient: false,
                metadata: .unavailable("down"),
                expected: "DiscoveryFailed",
                word: "down"
            ),
            PinRow(
                testDescription: "metadata that nobody has asked for is asked for",
                hasClient: false,
                metadata: nil,
                expected: "ask"
            ),
        ]
    )
    func pinned(row: PinRow) throws {
        var configuration = TrustConfiguration.two
        configuration.authorizationServers = [
            TrustConfiguration.AuthorizationServer(
                issuer: "https://as.example",
                tokenEndpoints: ["https://listed.example/t"]
            )
        ]
        let server = AuthConfiguration.PinnedAuthorizationServer(
            issuer: try Issuer(parsing: row.issuer),
            scopes: ScopeList(),
            endpoints: AuthConfiguration.PinnedAuthorizationServer.Endpoints(
                authorization: try AbsoluteURL(parsing: row.authorization),
                token: try AbsoluteURL(parsing: row.token)
            ),
            client: row.hasClient ? Self.ownClient : nil
        )
        var metadata: MetadataSnapshot = [
            "https://a.example": .known(
                ProviderMetadata(
                    issuer: "https://a.example",
                    tokenEndpoint: "https://a.example/token",
                    authorizationEndpoint: "https://a.example/authorize"
                )
            )
        ]
        metadata["https://as.example"] = row.metadata
        switch TrustRules(configuration: configuration, metadata: metadata).pinnedEndpoints(of: server) {
        case .allowed(let endpoints):
            #expect(row.expected == "allowed")
            #expect(endpoints == server.endpoints)
        case .refused(let problem), .undecided(let problem):
            #expect(problem.reason.rawValue == row.expected)
            #expect(problem.message.contains(row.word) && problem.message.hasSuffix(row.word == "down" ? "down" : "."))
        case .needsMetadata(let issuer):
            #expect(row.expected == "ask")
            #expect(issuer == row.issuer)
        }
    }
}

extension TrustConfiguration {
    static let two = TrustConfiguration(identityProviders: [
        IdentityProvider(
            name: "a",
            issuer: "https://a.example",
            tokenEndpoints: ["https://a.example/listed", "https://shared.example/token"]
        ),
        IdentityProvider(name: "b", issuer: "https://b.example", tokenEndpoints: ["https://shared.example/token"]),
    ])
    static let everything = TrustConfiguration(trustsEverything: true)
}

extension ProviderMetadataState {
    static let a = Self.known(ProviderMetadata(issuer: "https://a.example", tokenEndpoint: "https://a.example/token"))
    static let b = Self.known(ProviderMetadata(issuer: "https://b.example", tokenEndpoint: "https://b.example/token"))
}

extension ProviderMetadataState {
    /// What `https://as.example` says.
    static func authorizationServer(
        _ authorization: String = "https://as.example/authorize",
        _ token: String = "https://as.example/token"
    ) -> ProviderMetadataState {
        .known(
            ProviderMetadata(issuer: "https://as.example", tokenEndpoint: token, authorizationEndpoint: authorization)
        )
    }
}

extension MetadataSnapshot {
    static let both: Self = ["https://a.example": .a, "https://b.example": .b]
    static let neither: Self = ["https://a.example": .unavailable("down"), "https://b.example": .unavailable("down")]
}

extension Verdict where Value == TrustRules.TrustedEndpoint {
    var text: String { describe { "\($0.issuer ?? "-") -> \($0.tokenEndpoint)" } }
}

extension Verdict where Value == String? {
    var text: String { describe { $0 ?? "discovered by the gateway" } }
}

extension Verdict {
    fileprivate func describe(_ value: (Value) -> String) -> String {
        switch self {
        case .allowed(let allowed): value(allowed)
        case .refused(let problem), .undecided(let problem): problem.reason.rawValue
        case .needsMetadata(let issuer): "ask \(issuer)"
        }
    }
}
