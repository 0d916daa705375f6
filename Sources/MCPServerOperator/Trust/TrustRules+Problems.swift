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
