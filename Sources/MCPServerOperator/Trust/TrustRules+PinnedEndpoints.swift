// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import MCPServerAPI

extension TrustRules {
    /// An endpoint that a resource names in the place of what the issuer's metadata says.
    private struct PinnedEndpoint {
        var endpoint: AbsoluteURL
        /// Whether browsers are sent there; else codes and refresh tokens are.
        var isForBrowsers: Bool

        var field: JSONPointer {
            .field(
                "spec",
                "auth",
                "authorizationServer",
                isForBrowsers ? "authorizationEndpoint" : "tokenEndpoint"
            )
        }

        /// What the metadata names for the same purpose.
        func own(_ metadata: ProviderMetadata) -> String? {
            isForBrowsers ? metadata.authorizationEndpoint : metadata.tokenEndpoint
        }
    }

    /// Why an endpoint may not be used unless the issuer's own metadata names it.
    private enum Doubt {
        case otherOrigin(isForBrowsers: Bool)
        case identityProvider
        case sharedClient
        case query

        /// What is wrong, for after the sentence's "and".
        var rule: String {
            switch self {
            case .otherOrigin: "the one in the resource has another origin"
            case .identityProvider: "at an issuer of identityProviders no resource may choose another one"
            case .sharedClient: "another one at that origin takes a client of the server's own"
            case .query: "a query is the issuer's to choose"
            }
        }

        /// Besides leaving both endpoints out.
        var remedy: String {
            switch self {
            case .otherOrigin(isForBrowsers: false): "have it listed under the configuration's authorizationServers"
            case .otherOrigin(isForBrowsers: true), .identityProvider: "write what the metadata names"
            case .sharedClient: "name the client in clientCredentialsSecretRef"
            case .query: "remove the '?' and what follows it"
            }
        }
    }

    /// Decides about the endpoints of `spec.auth.authorizationServer`.
    ///
    /// Whoever writes a resource must not choose where browsers, codes and refresh tokens of another issuer go: to where
    /// its metadata says, to a token endpoint that the configuration lists, or with a client of the server's own to
    /// another endpoint where the issuer is. That is what gateways hold the resource to when a user connects.
    func pinnedEndpoints(
        of server: AuthConfiguration.PinnedAuthorizationServer
    ) -> Verdict<AuthConfiguration.PinnedAuthorizationServer.Endpoints?> {
        guard let endpoints = server.endpoints else { return .allowed(nil) }
        let pins = [
            PinnedEndpoint(endpoint: endpoints.authorization, isForBrowsers: true),
            PinnedEndpoint(endpoint: endpoints.token, isForBrowsers: false),
        ]
        for pin in pins {
            // What no metadata could change needs none.
            guard let doubt = doubt(about: pin, of: server) else { continue }
            switch metadata[server.issuer.text] {
            case .known(let known):
                let own = pin.own(known)
                if own == pin.endpoint.text { continue }
                return .refused(Self.foreignPin(pin, server.issuer, own, doubt))
            case .unavailable(let problem): return .undecided(Self.undecidedPin(pin, server.issuer, problem))
            case nil: return .needsMetadata(issuer: server.issuer.text)
            }
        }
        return .allowed(endpoints)
    }

    private func doubt(
        about pin: PinnedEndpoint,
        of server: AuthConfiguration.PinnedAuthorizationServer
    ) -> Doubt? {
        let issuer = server.issuer.text
        let isListed = configuration.authorizationServers.contains {
            $0.issuer == issuer && $0.tokenEndpoints.contains(pin.endpoint.text)
        }
        if isListed, !pin.isForBrowsers { return nil }
        guard pin.endpoint.hasSameOrigin(as: server.issuer.url) else {
            return .otherOrigin(isForBrowsers: pin.isForBrowsers)
        }
        if configuration.identityProviders.contains(where: { $0.issuer == issuer }) { return .identityProvider }
        if server.client == nil { return .sharedClient }
        return pin.isForBrowsers && pin.endpoint.query != nil ? .query : nil
    }

    private static func foreignPin(
        _ pin: PinnedEndpoint,
        _ issuer: Issuer,
        _ own: String?,
        _ doubt: Doubt
    ) -> ValidationProblem {
        let named = own.map { "names '\($0)'" } ?? "names none"
        return ValidationProblem(
            .issuerNotTrusted,
            at: pin.field,
            "'\(pin.endpoint)' is not an endpoint of '\(issuer)': its metadata \(named), and \(doubt.rule). "
                + "Leave both endpoints out, or \(doubt.remedy)."
        )
    }

    private static func undecidedPin(
        _ pin: PinnedEndpoint,
        _ issuer: Issuer,
        _ problem: String
    ) -> ValidationProblem {
        let question = "Whether '\(pin.endpoint)' is an endpoint of '\(issuer)' is for its metadata to say."
        return undiscovered("\(question) \(problem)", at: pin.field)
    }
}
