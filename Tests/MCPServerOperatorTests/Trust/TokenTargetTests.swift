// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MCPServerAPI
@testable import MCPServerOperator

@Suite("Servers that may get tokens")
struct TokenTargetTests {
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

    /// A server in the mode `tokenExchange`, as the rules get it.
    private func exchange(_ audiences: [String], ownClient: Bool = false) throws -> AuthConfiguration.TokenExchange {
        AuthConfiguration.TokenExchange(
            tokenEndpoint: try AbsoluteURL(parsing: "https://a.example/listed"),
            expectedIssuer: try Issuer(parsing: "https://a.example"),
            connectorID: "corp",
            scopes: ScopeList(),
            requiredAudiences: audiences,
            client: ownClient ? TrustSamples.ownClient : nil
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
}
