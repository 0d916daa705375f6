// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI

@testable import MCPServerAPI
@testable import MCPServerOperator

/// What a resource may bring along to the ``TrustRules``.
enum TrustSamples {
    /// The client of a server's own, in a Secret beside it.
    static let ownClient = ClientCredentials(
        reference: SecretReference(
            key: ObjectKey(namespace: "team-a", name: "client"),
            isCrossNamespace: false,
            field: .field("spec")
        ),
        keys: .standard,
        method: .standard
    )
}

extension TrustConfiguration {
    static let two = TrustConfiguration(identityProviders: [
        IdentityProvider(
            name: "a",
            issuer: "https://a.example",
            tokenEndpoints: ["https://a.example/listed", "https://shared.example/token"]
        ),
        IdentityProvider(name: "b", issuer: "https://b.example", tokenEndpoints: ["https://shared.example/token"]),
    ])
    static let everything = TrustConfiguration(trustsEverything: true)
}

extension ProviderMetadataState {
    static let a = Self.known(ProviderMetadata(issuer: "https://a.example", tokenEndpoint: "https://a.example/token"))
    static let b = Self.known(ProviderMetadata(issuer: "https://b.example", tokenEndpoint: "https://b.example/token"))
}

extension ProviderMetadataState {
    /// What `https://as.example` says.
    static func authorizationServer(
        _ authorization: String = "https://as.example/authorize",
        _ token: String = "https://as.example/token"
    ) -> ProviderMetadataState {
        .known(
            ProviderMetadata(issuer: "https://as.example", tokenEndpoint: token, authorizationEndpoint: authorization)
        )
    }
}

extension MetadataSnapshot {
    static let both: Self = ["https://a.example": .a, "https://b.example": .b]
    static let neither: Self = ["https://a.example": .unavailable("down"), "https://b.example": .unavailable("down")]
}

extension Verdict where Value == TrustRules.TrustedEndpoint {
    var text: String { describe { "\($0.issuer ?? "-") -> \($0.tokenEndpoint)" } }
}

extension Verdict where Value == String? {
    var text: String { describe { $0 ?? "discovered by the gateway" } }
}

extension Verdict {
    fileprivate func describe(_ value: (Value) -> String) -> String {
        switch self {
        case .allowed(let allowed): value(allowed)
        case .refused(let problem), .undecided(let problem): problem.reason.rawValue
        case .needsMetadata(let issuer): "ask \(issuer)"
        }
    }
}
