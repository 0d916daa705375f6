// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MCPServerAPI
@testable import MCPServerOperator

@Suite("Pinned endpoints")
struct PinnedEndpointTests {
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
            client: row.hasClient ? TrustSamples.ownClient : nil
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
