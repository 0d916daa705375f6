// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
package import MCPServerAPI

extension TrustRules {
    /// Decides where leg 2 goes.
    ///
    /// A token endpoint from the resource is used only if it has the issuer's origin, equals the `token_endpoint` of
    /// the issuer's own metadata, or is listed in configuration. Without one the gateway discovers it, and the answer
    /// is `nil`.
    ///
    /// - Parameters:
    ///   - endpoint: What the resource says.
    ///   - issuer: The authorization server.
    ///   - mustBeKnown: Whether `nil` is not enough, because a granted Secret may only be sent to endpoints it names.
    /// - Returns: The endpoint, or why not.
    func authServerEndpoint(_ endpoint: AbsoluteURL?, issuer: Issuer, mustBeKnown: Bool) -> Verdict<String?> {
        guard let endpoint else {
            guard mustBeKnown else { return .allowed(nil) }
            return discoveredEndpoint(of: issuer.text, at: Self.enterpriseIdP("mcpAuthServerIssuer"))
        }
        let isListed = configuration.authorizationServers.contains {
            $0.issuer == issuer.text && $0.tokenEndpoints.contains(endpoint.text)
        }
        if isListed || endpoint.hasSameOrigin(as: issuer.url) { return .allowed(endpoint.text) }
        let field = Self.enterpriseIdP("mcpAuthServerTokenEndpoint")
        switch metadata[issuer.text] {
        case .known(let known):
            if known.tokenEndpoint == endpoint.text { return .allowed(endpoint.text) }
            let named = known.tokenEndpoint.map { "its metadata names '\($0)'" } ?? "its metadata names none"
            return .refused(
                ValidationProblem(
                    .issuerNotTrusted,
                    at: field,
                    "'\(endpoint)' is not a token endpoint of '\(issuer)': it has another origin, and \(named). Leave "
                        + "mcpAuthServerTokenEndpoint out, or list it under the configuration's authorizationServers."
                )
            )
        case .unavailable(let problem): return .undecided(Self.undiscovered(problem, at: field))
        case nil: return .needsMetadata(issuer: issuer.text)
        }
    }

    /// The token endpoint in the issuer's own metadata; never `nil`.
    func discoveredEndpoint(of issuer: String, at field: JSONPointer) -> Verdict<String?> {
        switch metadata[issuer] {
        case .known(let known):
            guard let endpoint = known.tokenEndpoint else { return .undecided(Self.noTokenEndpoint(issuer, at: field)) }
            return .allowed(endpoint)
        case .unavailable(let problem): return .undecided(Self.undiscovered(problem, at: field))
        case nil: return .needsMetadata(issuer: issuer)
        }
    }

    /// Why ID tokens may not be forwarded to `server`, or `nil`: it must lie at or under a configured target.
    func forwardingProblem(_ server: AbsoluteURL) -> ValidationProblem? {
        if configuration.trustsEverything { return nil }
        let targets = configuration.identityProviders.flatMap(\.forwardTo)
        if targets.contains(where: { Self.covers($0, server) }) { return nil }
        return ValidationProblem(
            .issuerNotTrusted,
            at: .field("spec", "auth", "forwardToken"),
            "No configured identity provider allows its ID tokens to be forwarded to '\(server)'. "
                + "List the URL in a provider's forwardTo, or use another auth mode."
        )
    }

    /// Why tokens may not be obtained for `server` as `spec.auth.tokenExchange` wants them, or `nil`.
    ///
    /// A server's own client gets what the exchanging issuer lets it have. The gateway's own client gets far more, so
    /// the configuration has to say which audience is meant for which servers: otherwise whoever writes a resource gets
    /// tokens for somebody else's.
    func exchangeProblem(_ mode: AuthConfiguration.TokenExchange, to server: AbsoluteURL) -> ValidationProblem? {
        if configuration.trustsEverything || mode.client != nil { return nil }
        guard !mode.requiredAudiences.isEmpty else { return Self.exchangeWithoutAudience(server) }
        let targets = configuration.identityProviders.flatMap(\.exchangeTo)
        let missing = mode.requiredAudiences.first { audience in
            !targets.contains { $0.audience == audience && Self.covers($0, server) }
        }
        return missing.map { Self.noExchange($0, server) }
    }

    /// Whether `server` is at or below one of the target's URLs.
    private static func covers(_ target: TrustConfiguration.ForwardTarget, _ server: AbsoluteURL) -> Bool {
        if hidesSeparators(server) { return false }
        return target.urls.contains { url in
            do {
                return try ResourceIndicator(parsing: url).matches(server)
            } catch {
                // A target that is no URL covers nothing.
                return false
            }
        }
    }

    /// Whether the path has an encoded slash or backslash, which some servers resolve to another path.
    private static func hidesSeparators(_ url: AbsoluteURL) -> Bool {
        url.path.contains("%2F") || url.path.contains("%5C")
    }
}

extension TrustConfiguration {
    /// What this configuration contributes to the rules of a spec.
    package var validationPolicy: ValidationPolicy {
        ValidationPolicy(
            schemes: .configured(allowHTTP: egress.allowHTTP, allowLoopbackHTTP: egress.allowLoopbackHTTP),
            resources: .configured(resources.map { ResourcePolicy.Pair(resource: $0.resource, urls: $0.urls) })
        )
    }
}
