// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import MCPServerAPI

extension TrustRules {
    static func enterpriseIdP(_ name: String) -> JSONPointer { .field("spec", "auth", "enterpriseIdP", name) }

    static let noProviderNamed = ValidationProblem(
        .invalidSpec,
        at: enterpriseIdP("idpTokenEndpoint"),
        "The resource names no identity provider. Set one of idpTokenEndpoint, idpIssuer and idp."
    )

    static func unknownName(_ name: String) -> ValidationProblem {
        ValidationProblem(
            .issuerNotTrusted,
            at: enterpriseIdP("idp"),
            "The configuration has no identity provider named '\(name)'. Use one of its names, or add it there."
        )
    }

    static func nobodyAllows(_ endpoint: String, at field: JSONPointer) -> ValidationProblem {
        ValidationProblem(
            .issuerNotTrusted,
            at: field,
            "No configured identity provider allows its tokens to be sent to '\(endpoint)'. "
                + "Correct the endpoint, or list it in a provider's tokenEndpoints in the configuration."
        )
    }

    static func noExchange(_ audience: String, _ server: AbsoluteURL) -> ValidationProblem {
        ValidationProblem(
            .issuerNotTrusted,
            at: .field("spec", "auth", "requiredAudiences"),
            "No configured identity provider allows tokens for '\(audience)' to be obtained for '\(server)' by the "
                + "gateway's own client. List the pair in a provider's exchangeTo, or name a client of the server's own in "
                + "clientCredentialsSecretRef."
        )
    }

    static func exchangeWithoutAudience(_ server: AbsoluteURL) -> ValidationProblem {
        ValidationProblem(
            .issuerNotTrusted,
            at: .field("spec", "auth", "tokenExchange"),
            "Tokens that the gateway's own client obtains for '\(server)' would be for the gateway itself. Name the "
                + "server's audience in requiredAudiences and list the pair in a provider's exchangeTo, or name a client of the "
                + "server's own in clientCredentialsSecretRef."
        )
    }

    static func undiscovered(_ problem: String, at field: JSONPointer) -> ValidationProblem {
        ValidationProblem(.discoveryFailed, at: field, problem)
    }

    static func noTokenEndpoint(_ issuer: String, at field: JSONPointer) -> ValidationProblem {
        ValidationProblem(
            .discoveryFailed,
            at: field,
            "The metadata of '\(issuer)' names no token_endpoint. Check what the issuer publishes."
        )
    }
}
