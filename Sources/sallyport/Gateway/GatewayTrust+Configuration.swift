// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPGateway
import MCPServerOperator

extension GatewayTrust {
    /// What the same configuration means to the gateway as to the operator.
    init(_ trust: TrustConfiguration, _ providers: [GatewayConfiguration.Provider]) {
        let keyLocations = Dictionary(providers.map { ($0.issuer, $0.jwksURI) }) { first, _ in first }
        self.init(
            identityProviders: trust.identityProviders.map { provider in
                IdentityProvider(
                    issuer: provider.issuer,
                    bearerAudiences: provider.bearerAudiences,
                    tokenEndpoints: provider.tokenEndpoints,
                    jwksURI: keyLocations[provider.issuer] ?? nil,
                    forwardTo: provider.forwardTo.map { ForwardTarget(audience: $0.audience, urls: $0.urls) },
                    exchangeTo: provider.exchangeTo.map { ForwardTarget(audience: $0.audience, urls: $0.urls) }
                )
            },
            authorizationServers: trust.authorizationServers.map { server in
                AuthorizationServer(
                    issuer: server.issuer,
                    tokenEndpoints: server.tokenEndpoints,
                    jwksURI: server.jwksURI
                )
            },
            resources: trust.resources.map { ResourcePair(resource: $0.resource, urls: $0.urls) },
            allowHTTP: trust.egress.allowHTTP,
            allowLoopbackHTTP: trust.egress.allowLoopbackHTTP,
            trustsEverything: trust.trustsEverything
        )
    }
}
