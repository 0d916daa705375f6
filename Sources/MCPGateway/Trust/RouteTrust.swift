// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import RouteTable

/// Decides by this gateway's configuration whether a route may be used, and where its requests for tokens go.
struct RouteTrust: Sendable {
    /// Where the two legs of an exchange may go.
    struct Endpoints: Hashable, Sendable {
        /// Whose tokens leg 1 carries; `nil` only where everything is trusted.
        var issuer: String?
        /// Leg 1.
        var tokenEndpoint: String
        /// Whether leg 1's endpoint is trusted by this gateway's configuration, and not only because everything is: then the
        /// rules for addresses from resources do not apply.
        var isProviderConfigured: Bool
        /// Leg 2; `nil`: where the metadata of the authorization server says.
        var authServerEndpoint: String?
        /// Whether leg 2's endpoint comes from this gateway's configuration, so that the rules for addresses from
        /// resources do not apply.
        var isAuthServerListed: Bool
    }

    let trust: GatewayTrust
    /// What the issuers say about themselves.
    let knowledge: @Sendable (_ issuer: String) -> IssuerKnowledge

    /// Whether requests may use the route at all.
    func judge(_ route: Route) -> TrustVerdict<Void> {
        guard route.type == "streamable-http" else { return .refused(Self.unsupported(route.type)) }
        if let refusal = upstreamRefusal(route) { return .refused(refusal) }
        switch route.authentication {
        case .none: return .allowed(())
        case .authorizationCode(let mode):
            for endpoint in [mode.authorizationEndpoint, mode.tokenEndpoint].compactMap({ $0 }) {
                if let refusal = insecure(endpoint, "an endpoint of its authorization server") {
                    return .refused(refusal)
                }
            }
            return .allowed(())
        case .tokenForwarding: return forwardingTargets(of: route.url).map { _ in }
        case .tokenExchange(let mode):
            if let refusal = exchangeRefusal(mode, to: route.url) { return .refused(refusal) }
            return issuer(of: mode).map { _ in }
        case .enterpriseIdP(let mode): return endpoints(mode).map { _ in }
        }
    }

    /// Where the two legs go.
    func endpoints(_ mode: RouteAuthentication.EnterpriseIdP) -> TrustVerdict<Endpoints> {
        let issuer: String?
        switch self.issuer(allowing: mode.idpTokenEndpoint, named: mode.idpIssuer) {
        case .allowed(let allowed): issuer = allowed
        case .refused(let refusal): return .refused(refusal)
        case .undecided(let refusal, let issuer): return .undecided(refusal, issuer: issuer)
        }
        return authServerEndpoint(mode).map { endpoint, isListed in
            Endpoints(
                issuer: issuer,
                tokenEndpoint: mode.idpTokenEndpoint,
                isProviderConfigured: !trust.trustsEverything,
                authServerEndpoint: endpoint,
                isAuthServerListed: isListed
            )
        }
    }

    /// Whose tokens are exchanged; `nil` only where everything is trusted and nobody is named.
    func issuer(of mode: RouteAuthentication.TokenExchange) -> TrustVerdict<String?> {
        issuer(allowing: mode.tokenEndpoint, named: mode.idpIssuer)
    }

    /// Why a server may not have the tokens that it wants to have exchanged for it.
    ///
    /// A server's own client gets what the exchanging issuer lets it have. This gateway's own client gets far more, so its
    /// configuration has to say which audience is meant for which servers: otherwise whoever writes an `MCPServer` gets
    /// tokens for somebody else's.
    private func exchangeRefusal(_ mode: RouteAuthentication.TokenExchange, to server: String) -> TrustRefusal? {
        if trust.trustsEverything || mode.client != nil { return nil }
        guard !mode.requiredAudiences.isEmpty else { return Self.exchangeWithoutAudience(server) }
        let targets = trust.identityProviders.flatMap(\.exchangeTo)
        let missing = mode.requiredAudiences.first { audience in
            !targets.contains { target in
                target.audience.hasSameBytes(as: audience)
                    && target.urls.contains { ResourceRule.matches(resource: $0, server: server) }
            }
        }
        return missing.map { Self.noExchange($0, server) }
    }

    /// Whose ID tokens a server may see: it must be at or below a URL of the provider's `forwardTo`.
    ///
    /// Where everything is trusted there is nobody to name, and the list is empty.
    func forwardingTargets(of server: String) -> TrustVerdict<[TokenSource.Forwarding.Target]> {
        if trust.trustsEverything { return .allowed([]) }
        let targets = trust.identityProviders.flatMap { provider in
            provider.forwardTo.filter { target in
                target.urls.contains { ResourceRule.matches(resource: $0, server: server) }
            }.map { TokenSource.Forwarding.Target(issuer: provider.issuer, audience: $0.audience) }
        }
        return targets.isEmpty ? .refused(Self.noForwarding(server)) : .allowed(targets)
    }

    /// The configured issuer whose tokens may go to `endpoint`: the one that is named, or the only one that allows it.
    private func issuer(allowing endpoint: String, named name: String?) -> TrustVerdict<String?> {
        if let refusal = insecure(endpoint, "the token endpoint of its identity provider") { return .refused(refusal) }
        if trust.trustsEverything { return .allowed(name) }
        let candidates = trust.identityProviders.filter { provider in
            name.map { provider.issuer.hasSameBytes(as: $0) } ?? true
        }
        if let name, candidates.isEmpty { return .refused(Self.unknownIssuer(name)) }
        var allowing: [String] = []
        var open: TrustVerdict<String?>?
        for provider in candidates {
            if provider.tokenEndpoints.contains(where: { $0.hasSameBytes(as: endpoint) }) {
                allowing.append(provider.issuer)
                continue
            }
            switch knowledge(provider.issuer) {
            case .tokenEndpoint(let own):
                if own?.hasSameBytes(as: endpoint) == true { allowing.append(provider.issuer) }
            case .unavailable(let problem):
                open = .undecided(TrustRefusal(.discoveryFailed, problem), issuer: provider.issuer)
            case .unasked: open = .undecided(Self.notAsked(provider.issuer), issuer: provider.issuer)
            }
        }
        guard let issuer = allowing.first else { return open ?? .refused(Self.nobodyAllows(endpoint, name)) }
        guard allowing.count == 1 else { return .refused(Self.ambiguous(endpoint, allowing)) }
        return .allowed(issuer)
    }

    /// Leg 2 goes where the issuer is, where the issuer says, or where the configuration says.
    private func authServerEndpoint(
        _ mode: RouteAuthentication.EnterpriseIdP
    ) -> TrustVerdict<(endpoint: String?, isListed: Bool)> {
        let issuer = mode.authServerIssuer
        guard let endpoint = mode.authServerTokenEndpoint else {
            if let refusal = insecure(issuer, "the issuer of its authorization server") { return .refused(refusal) }
            return .allowed((nil, false))
        }
        if let refusal = insecure(endpoint, "the token endpoint of its authorization server") {
            return .refused(refusal)
        }
        let isListed = trust.authorizationServers.contains { server in
            server.issuer.hasSameBytes(as: issuer)
                && server.tokenEndpoints.contains { $0.hasSameBytes(as: endpoint) }
        }
        if isListed { return .allowed((endpoint, true)) }
        if let own = Self.origin(issuer), own == Self.origin(endpoint) { return .allowed((endpoint, false)) }
        switch knowledge(issuer) {
        case .tokenEndpoint(let own) where own?.hasSameBytes(as: endpoint) == true: return .allowed((endpoint, false))
        case .tokenEndpoint: return .refused(Self.foreignEndpoint(endpoint, issuer))
        case .unavailable(let problem): return .undecided(TrustRefusal(.discoveryFailed, problem), issuer: issuer)
        case .unasked: return .undecided(Self.notAsked(issuer), issuer: issuer)
        }
    }

    /// Why the server may not be reached, or not with a token for its resource.
    private func upstreamRefusal(_ route: Route) -> TrustRefusal? {
        guard let url = Self.read(route.url) else { return Self.unreadable(route.url) }
        let mayUseHTTP =
            (trust.allowLoopbackHTTP && url.isLoopback)
            || trust.allowHTTP.contains { Self.matches(host: url.host, pattern: $0) }
        guard url.scheme == .https || mayUseHTTP else { return Self.plainUpstream(url) }
        let isPaired = trust.resources.contains { pair in
            pair.resource.hasSameBytes(as: route.resource) && pair.urls.contains { $0.hasSameBytes(as: route.url) }
        }
        guard isPaired || ResourceRule.matches(resource: route.resource, server: route.url) else {
            return Self.mismatch(route)
        }
        return nil
    }

    /// Secrets go over `https`; over `http` only to this machine, if that is allowed.
    private func insecure(_ text: String, _ what: String) -> TrustRefusal? {
        guard let url = Self.read(text) else { return Self.unreadable(text) }
        if url.scheme == .https || (trust.allowLoopbackHTTP && url.isLoopback) { return nil }
        return Self.plainEndpoint(url, what)
    }

    private static func read(_ text: String) -> HTTPURL? {
        do { return try HTTPURL(text) } catch {
            // What cannot be read is refused by whoever asked.
            return nil
        }
    }

    private static func origin(_ text: String) -> String? { read(text)?.origin }

    /// A pattern `*.suffix` matches any number of labels before the suffix, but at least one.
    private static func matches(host: String, pattern: String) -> Bool {
        let pattern = pattern.lowercased()
        guard pattern.hasPrefix("*.") else { return host == pattern }
        let suffix = pattern.dropFirst()
        return host.utf8.count > suffix.utf8.count && host.hasSuffix(suffix)
    }
}

extension TrustVerdict {
    func map<Other>(_ transform: (Value) -> Other) -> TrustVerdict<Other> {
        switch self {
        case .allowed(let value): .allowed(transform(value))
        case .refused(let refusal): .refused(refusal)
        case .undecided(let refusal, let issuer): .undecided(refusal, issuer: issuer)
        }
    }
}
