// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import MCPServerAPI

/// Where the tokens of a configured identity provider may go.
///
/// Endpoint E may receive tokens of issuer I if E is one of I's `tokenEndpoints`, or equals, as a string, the
/// `token_endpoint` of I's own metadata, which is fetched from configuration and never from a resource.
struct TrustRules: Sendable {
    let configuration: TrustConfiguration
    let metadata: MetadataSnapshot

    /// An endpoint that may receive tokens, and whose.
    struct TrustedEndpoint: Hashable, Sendable {
        /// `nil` only where everything is trusted and the resource names no issuer.
        var issuer: String?
        var tokenEndpoint: String
        /// `nil` only where everything is trusted.
        var provider: TrustConfiguration.IdentityProvider?
    }

    private typealias Provider = TrustConfiguration.IdentityProvider

    /// Which provider a resource names.
    private enum Pin {
        case nobody
        case provider(Provider)
        case refused(ValidationProblem)
    }

    /// Decides about `spec.auth.enterpriseIdP`.
    func identityProvider(
        _ reference: AuthConfiguration.IdentityProviderReference
    ) -> Verdict<TrustedEndpoint> {
        let endpoint = reference.tokenEndpoint?.text
        if configuration.trustsEverything { return anyProvider(reference) }
        switch pin(reference) {
        case .refused(let problem): return .refused(problem)
        case .provider(let provider): return self.endpoint(endpoint, of: provider)
        case .nobody: break
        }
        guard let endpoint else { return .refused(Self.noProviderNamed) }
        return onlyProvider(
            allowing: endpoint,
            field: Self.enterpriseIdP("idpTokenEndpoint"),
            pin: "idpIssuer",
            prefer: nil
        )
    }

    /// Decides about `spec.auth.tokenExchange`.
    ///
    /// `expectedIssuer` is the issuer of the token that comes back, which need not be the issuer of the token that is
    /// sent; it settles the choice only where several configured issuers allow the endpoint and it is one of them.
    func tokenExchange(endpoint: String, expectedIssuer: String) -> Verdict<TrustedEndpoint> {
        if configuration.trustsEverything {
            return .allowed(TrustedEndpoint(issuer: nil, tokenEndpoint: endpoint, provider: nil))
        }
        let field = JSONPointer.field("spec", "auth", "tokenExchange", "dexTokenEndpoint")
        return onlyProvider(allowing: endpoint, field: field, pin: "expectedIssuer", prefer: expectedIssuer)
    }

    private func pin(_ reference: AuthConfiguration.IdentityProviderReference) -> Pin {
        var named: Provider?
        if let name = reference.name {
            named = configuration.identityProviders.first { $0.name == name }
            guard named != nil else { return .refused(Self.unknownName(name)) }
        }
        guard let issuer = reference.issuer?.text else { return named.map(Pin.provider) ?? .nobody }
        if let named, named.issuer != issuer {
            return .refused(
                ValidationProblem(
                    .invalidSpec,
                    at: Self.enterpriseIdP("idpIssuer"),
                    "idp '\(named.name)' has the issuer '\(named.issuer)', but idpIssuer is '\(issuer)'. Leave one of them out."
                )
            )
        }
        guard let provider = named ?? configuration.identityProviders.first(where: { $0.issuer == issuer }) else {
            return .refused(
                ValidationProblem(
                    .issuerNotTrusted,
                    at: Self.enterpriseIdP("idpIssuer"),
                    "The issuer '\(issuer)' is not one of the configured identity providers. "
                        + "Correct idpIssuer, or add the provider to the configuration's identityProviders."
                )
            )
        }
        return .provider(provider)
    }

    /// Whether `provider` allows `endpoint`; without one, the endpoint that its metadata names.
    private func endpoint(_ endpoint: String?, of provider: Provider) -> Verdict<TrustedEndpoint> {
        let field = Self.enterpriseIdP(endpoint == nil ? "idpIssuer" : "idpTokenEndpoint")
        if let endpoint, provider.tokenEndpoints.contains(endpoint) {
            return .allowed(Self.trusted(endpoint, provider))
        }
        switch discoveredEndpoint(of: provider.issuer, at: field) {
        case .allowed(let discovered):
            guard let discovered else { return .undecided(Self.noTokenEndpoint(provider.issuer, at: field)) }
            guard let endpoint, endpoint != discovered else { return .allowed(Self.trusted(discovered, provider)) }
            return .refused(
                ValidationProblem(
                    .issuerNotTrusted,
                    at: field,
                    "'\(endpoint)' is not a token endpoint of '\(provider.issuer)': its metadata names '\(discovered)'. "
                        + "Correct idpTokenEndpoint, or list it in the provider's tokenEndpoints."
                )
            )
        case .refused(let problem): return .refused(problem)
        case .undecided(let problem): return .undecided(problem)
        case .needsMetadata(let issuer): return .needsMetadata(issuer: issuer)
        }
    }

    /// The one configured issuer that allows `endpoint`.
    ///
    /// While an issuer's metadata is out of reach only its listed endpoints count; it keeps the decision open only
    /// where nobody else allows the endpoint.
    private func onlyProvider(
        allowing endpoint: String,
        field: JSONPointer,
        pin: String,
        prefer preferred: String?
    ) -> Verdict<TrustedEndpoint> {
        var allowing: [Provider] = []
        var open: [Verdict<TrustedEndpoint>] = []
        for provider in configuration.identityProviders {
            if allowing.contains(where: { $0.issuer == provider.issuer }) { continue }
            if provider.tokenEndpoints.contains(endpoint) {
                allowing.append(provider)
                continue
            }
            switch metadata[provider.issuer] {
            case .known(let known): if known.tokenEndpoint == endpoint { allowing.append(provider) }
            case .unavailable(let problem): open.append(.undecided(Self.undiscovered(problem, at: field)))
            case nil: open.insert(.needsMetadata(issuer: provider.issuer), at: 0)
            }
        }
        if allowing.count > 1, let pinned = allowing.first(where: { $0.issuer == preferred }) { allowing = [pinned] }
        guard let provider = allowing.first else {
            return open.first ?? .refused(Self.nobodyAllows(endpoint, at: field))
        }
        guard allowing.count == 1 else {
            let issuers = allowing.map { "'\($0.issuer)'" }.joined(separator: " and ")
            return .refused(
                ValidationProblem(
                    .invalidSpec,
                    at: field,
                    "'\(endpoint)' is a token endpoint of \(issuers). Name \(pin) to say whose tokens it receives."
                )
            )
        }
        return .allowed(Self.trusted(endpoint, provider))
    }

    private func anyProvider(
        _ reference: AuthConfiguration.IdentityProviderReference
    ) -> Verdict<TrustedEndpoint> {
        if let name = reference.name { return .refused(Self.unknownName(name)) }
        let issuer = reference.issuer?.text
        if let endpoint = reference.tokenEndpoint?.text {
            return .allowed(TrustedEndpoint(issuer: issuer, tokenEndpoint: endpoint, provider: nil))
        }
        let field = Self.enterpriseIdP("idpIssuer")
        guard let issuer else { return .refused(Self.noProviderNamed) }
        switch discoveredEndpoint(of: issuer, at: field) {
        case .allowed(let endpoint?):
            return .allowed(TrustedEndpoint(issuer: issuer, tokenEndpoint: endpoint, provider: nil))
        case .allowed(nil): return .undecided(Self.noTokenEndpoint(issuer, at: field))
        case .refused(let problem): return .refused(problem)
        case .undecided(let problem): return .undecided(problem)
        case .needsMetadata(let issuer): return .needsMetadata(issuer: issuer)
        }
    }

    private static func trusted(_ endpoint: String, _ provider: Provider) -> TrustedEndpoint {
        TrustedEndpoint(issuer: provider.issuer, tokenEndpoint: endpoint, provider: provider)
    }
}
