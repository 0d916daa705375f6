// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import NIOConcurrencyHelpers
package import OpenSSL

/// A small enterprise: an identity provider with two users, a resource authorization server and two MCP servers that its policy
/// decides about; an MCP server whose own authorization server asks the users; and three without one: the first believes a
/// server that exchanges ID tokens, the second ID tokens themselves, and the third needs to know nobody.
///
/// Everything is decided by values; this joins them, and the HTTP servers ask it.
package final class Enterprise: Sendable {
    /// Lifetimes and bounds of its servers.
    package struct Settings: Hashable, Sendable {
        /// Of the identity provider.
        package var identityProvider = IdentityProviderSettings()
        /// Of the resource authorization server.
        package var authorizationServer = ResourceAuthorizationServer.Settings()
        /// Of the server at which users consent.
        package var consentServer = ConsentServer.Settings()
        /// Of the server that exchanges ID tokens.
        package var exchangeServer = ExchangeServer.Settings()

        package init() {}
    }

    /// Where its servers are.
    package let addresses: DemoAddresses
    /// What its clients authenticate with.
    package let credentials: DemoCredentials
    /// Signs users in and issues ID-JAGs.
    package let identityProvider: IdentityProvider
    /// Issues access tokens.
    package let authorizationServer: ResourceAuthorizationServer
    /// Issues access tokens to those whom users have consented to.
    package let consentServer: ConsentServer
    /// Issues ID tokens for those of the identity provider.
    package let exchangeServer: ExchangeServer
    private let mcpServers: [MCPServerName: DemoMCPServer]
    private let faults = NIOLockedValueBox(FaultTable())
    private let calls = NIOLockedValueBox(CallCounters())

    /// - Parameters:
    ///   - addresses: Where its servers are.
    ///   - credentials: What its clients authenticate with.
    ///   - settings: Lifetimes and bounds.
    ///   - time: By which tokens are judged.
    ///   - random: For tokens and identifiers.
    /// - Throws: `OpenSSLError` when no key can be made.
    package init(
        addresses: DemoAddresses,
        credentials: DemoCredentials,
        settings: Settings = Settings(),
        time: DemoTime,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) throws(OpenSSLError) {
        let randomness = Randomness(random)
        let identityProvider = try IdentityProvider(
            addresses: addresses,
            clients: try credentials.identityProviderClients(),
            clientNames: DemoCredentials.clientNames,
            policy: Self.policy(addresses),
            settings: settings.identityProvider,
            time: time,
            randomness: randomness
        )
        let authorizationServer = ResourceAuthorizationServer(
            addresses: addresses,
            rules: Self.rules(addresses),
            clients: try credentials.authorizationServerClients(),
            settings: settings.authorizationServer,
            time: time,
            randomness: randomness,
            issuerKeys: { identityProvider.keys }
        )
        let consentServer = ConsentServer(
            addresses: addresses,
            clients: try credentials.consentServerClients(),
            settings: settings.consentServer,
            time: time,
            randomness: randomness
        )
        let exchangeServer = try ExchangeServer(
            addresses: addresses,
            clients: try credentials.exchangeServerClients(),
            settings: settings.exchangeServer,
            time: time,
            randomness: randomness,
            subjectKeys: { identityProvider.keys }
        )
        var mcpServers: [MCPServerName: DemoMCPServer] = [:]
        for name in MCPServerName.allCases {
            mcpServers[name] = DemoMCPServer(name, addresses: addresses, time: time, randomness: randomness) { token in
                switch name.mode {
                case .managed: authorizationServer.grant(for: token)
                case .consent: consentServer.grant(for: token)
                case .exchanged: exchangeServer.grant(for: token, at: name)
                case .forwarded: identityProvider.grant(for: token, at: name)
                case .open: nil
                }
            }
        }
        self.addresses = addresses
        self.credentials = credentials
        self.identityProvider = identityProvider
        self.authorizationServer = authorizationServer
        self.consentServer = consentServer
        self.exchangeServer = exchangeServer
        self.mcpServers = mcpServers
    }

    /// Alice may do everything; Bob may read the list of things to do.
    private static func policy(_ addresses: DemoAddresses) -> AccessPolicy {
        func row(_ user: DemoUser, _ server: MCPServerName, _ scopes: Set<String>) -> AccessPolicy.Row {
            AccessPolicy.Row(
                user: user.name,
                audience: addresses.authorizationServer,
                resource: addresses.resource(server),
                scopes: Scopes(scopes)
            )
        }
        return AccessPolicy(
            targets: Set(
                MCPServerName.managed.map { name in
                    AccessPolicy.Target(audience: addresses.authorizationServer, resource: addresses.resource(name))
                }
            ),
            rows: MCPServerName.managed.map { row(.alice, $0, $0.scopes) }
                + [row(.bob, .todo, [MCPServerName.todo.readScope])]
        )
    }

    private static func rules(_ addresses: DemoAddresses) -> IDJAGRules {
        let resources = MCPServerName.managed.map { (addresses.resource($0), Scopes($0.scopes)) }
        return IDJAGRules(
            trustedIssuer: addresses.identityProvider,
            audience: addresses.authorizationServer,
            resources: Dictionary(resources) { first, _ in first },
            subjects: Set(DemoUser.all.map(\.subject))
        )
    }
}

extension Enterprise {
    /// What was called so far.
    package var counters: CallCounters { calls.withLockedValue { $0 } }
    /// The faults that are set.
    package var faultTable: FaultTable { faults.withLockedValue { $0 } }

    /// Puts other faults in the place of all.
    package func setFaults(_ table: FaultTable) { faults.withLockedValue { $0 = table } }

    /// Starts counting anew.
    package func resetCounters() { calls.withLockedValue { $0 = CallCounters() } }

    /// Which endpoint a path of a server is; the administration's are not counted.
    func endpoint(of server: DemoServerName, _ path: String) -> DemoEndpoint {
        switch server {
        case .identityProvider: IdentityProvider.endpoint(path)
        case .authorizationServer: ResourceAuthorizationServer.endpoint(path)
        case .mcpServer(let name): mcpServers[name]?.endpoint(path) ?? .unknownPath(server)
        case .consentServer: ConsentServer.endpoint(path)
        case .exchangeServer: ExchangeServer.endpoint(path)
        case .administration: .unknownPath(server)
        }
    }

    /// The fault that happens to a request, used up if it happens a number of times.
    func takeFault(_ endpoint: DemoEndpoint) -> Fault? { faults.withLockedValue { $0.take(endpoint) } }

    /// Counts a request that was read.
    func count(_ request: DemoRequest, at endpoint: DemoEndpoint, fault: Fault?) {
        calls.withLockedValue { $0.add(request, at: endpoint, isFault: fault != nil) }
    }

    /// Counts an answer that is sent.
    func count(_ answer: DemoAnswer, at endpoint: DemoEndpoint) {
        calls.withLockedValue { $0.add(status: answer.status, details: answer.details, at: endpoint) }
    }

    /// Answers a request, with everything a fault changes about the answer.
    func answer(_ request: DemoRequest, at endpoint: DemoEndpoint, fault: Fault?) -> DemoAnswer {
        var answer = fault?.cannedAnswer.map { canned($0, at: endpoint) } ?? honestAnswer(request, at: endpoint, fault)
        guard let fault else { return answer }
        if case .json(let json) = answer.body, !fault.response.isEmpty {
            answer.body = .json(json.merging(patch: .object(fault.response)))
        }
        answer.set(fault.headers)
        return answer
    }

    private func canned(_ answer: DemoAnswer, at endpoint: DemoEndpoint) -> DemoAnswer {
        guard case .mcp(let name) = endpoint else { return answer }
        return mcpServers[name]?.challenged(answer) ?? answer
    }

    private func honestAnswer(_ request: DemoRequest, at endpoint: DemoEndpoint, _ fault: Fault?) -> DemoAnswer {
        switch endpoint {
        case .identityProviderMetadata, .identityProviderKeys, .identityProviderToken, .signIn:
            identityProvider.answer(request, at: endpoint, fault: fault)
        case .authorizationServerMetadata, .authorizationServerToken:
            authorizationServer.answer(request, at: endpoint, fault: fault)
        case .consentMetadata, .authorize, .consentToken, .registration:
            consentServer.answer(request, at: endpoint, fault: fault)
        case .exchangeMetadata, .exchangeKeys, .exchangeToken:
            exchangeServer.answer(request, at: endpoint, fault: fault)
        case .mcp(let name), .mcpMetadata(let name):
            mcpServers[name]?.answer(request, at: endpoint) ?? .unknownPath
        case .unknownPath: .unknownPath
        }
    }
}
