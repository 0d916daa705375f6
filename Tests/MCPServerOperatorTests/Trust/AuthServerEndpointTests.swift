// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MCPServerAPI
@testable import MCPServerOperator

@Suite("Endpoints of leg 2")
struct AuthServerEndpointTests {
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
}
