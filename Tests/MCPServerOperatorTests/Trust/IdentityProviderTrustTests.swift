// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MCPServerAPI
@testable import MCPServerOperator

@Suite("Trust in identity providers")
struct IdentityProviderTrustTests {
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
}
