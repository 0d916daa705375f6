// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI
import Testing

@testable import MCPServerOperator

@Suite("Spec judge")
struct SpecJudgeTests {
    @Test("an exchange by the gateway's own client is refused in Ready, until exchangeTo lists its audience and server")
    func exchange() async throws {
        let manifest = Manifest.server(
            auth: "{tokenExchange: {enabled: true, dexTokenEndpoint: 'https://idp.example/token', connectorId: corp}, "
                + "requiredAudiences: [tools]}"
        )
        let refused = OperatorWorld()
        try refused.apply(manifest)
        try await refused.reconcile()
        #expect(refused.reason(.accepted) == "IssuerNotTrusted")
        #expect(refused.reason(.ready) == "IssuerNotTrusted")
        #expect(refused.status?.condition(.ready)?.status == .false)
        #expect(refused.message(.ready).contains("'tools'") && refused.message(.ready).contains("exchangeTo"))
        #expect(refused.status?.state == "Failed")
        #expect(refused.route == nil)
        var trust = TrustConfiguration.corporate
        trust.identityProviders[0].exchangeTo = [
            TrustConfiguration.ForwardTarget(audience: "tools", urls: ["https://todo.example/"])
        ]
        let allowed = OperatorWorld(trust: trust)
        try allowed.apply(manifest)
        try await allowed.reconcile()
        #expect(allowed.reason(.ready) == "Ready")
        #expect(allowed.route != nil)
    }
}
