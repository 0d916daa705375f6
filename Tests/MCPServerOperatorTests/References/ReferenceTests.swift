// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI
import RouteTable
import Testing

@testable import MCPServerOperator

@Suite("Secret references")
struct ReferenceTests {
    /// A Secret under `team-a/idp`, and what comes of it.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var method = "client_secret_basic"
        var data: [String: [UInt8]]
        var reason: String
        var message = ""
    }

    @Test(
        "a Secret must hold what its method needs",
        arguments: [
            Row(
                testDescription: "complete",
                data: .text(["client-id": "a", "client-secret": "b"]),
                reason: "ResolvedRefs"
            ),
            Row(
                testDescription: "no client id",
                data: .text(["client-secret": "b"]),
                reason: "SecretKeyMissing",
                message: "'client-id'"
            ),
            Row(
                testDescription: "no secret",
                data: .text(["client-id": "a"]),
                reason: "SecretKeyMissing",
                message: "'client-secret'"
            ),
            Row(
                testDescription: "empty secret",
                data: .text(["client-id": "a", "client-secret": ""]),
                reason: "SecretEmpty"
            ),
            Row(
                testDescription: "only a line break",
                data: .text(["client-id": "a", "client-secret": "\n"]),
                reason: "SecretEmpty"
            ),
            Row(
                testDescription: "binary",
                data: ["client-id": [0x61], "client-secret": [0xFF, 0xFE]],
                reason: "SecretEmpty",
                message: "binary"
            ),
            Row(
                testDescription: "a line break inside",
                data: .text(["client-id": "a\nb", "client-secret": "b"]),
                reason: "SecretEmpty",
                message: "one line"
            ),
            Row(
                testDescription: "a line break at the end is left out, with a note",
                data: .text(["client-id": "a\n", "client-secret": "b\r\n"]),
                reason: "ResolvedRefs",
                message: "The line break at the end of 'client-secret' in Secret 'team-a/idp' is left out."
            ),
            Row(
                testDescription: "method none needs the id only",
                method: "none",
                data: .text(["client-id": "a"]),
                reason: "ResolvedRefs"
            ),
            Row(
                testDescription: "private_key_jwt needs a key",
                method: "private_key_jwt",
                data: .text(["client-id": "a", "client-secret": "b"]),
                reason: "SecretKeyMissing",
                message: "'private-key'"
            ),
            Row(
                testDescription: "private_key_jwt with a key",
                method: "private_key_jwt",
                data: .text(["client-id": "a", "private-key": "-----BEGIN X\n"]),
                reason: "ResolvedRefs"
            ),
            Row(
                testDescription: "a key that cannot be read",
                method: "private_key_jwt",
                data: .text(["client-id": "a", "private-key": "canary"]),
                reason: "SecretEmpty",
                message: "It is no PEM."
            ),
        ]
    )
    func keys(row: Row) async throws {
        let world = OperatorWorld()
        try world.apply(Self.withMethod(row.method))
        world.put(.credentials, bytes: row.data)
        world.put(.todoClient, ["client-id": "todo", "client-secret": "x"])
        try await world.reconcile()
        #expect(world.reason(.resolvedRefs) == row.reason)
        #expect(world.message(.resolvedRefs).contains(row.message))
        #expect(!world.message(.resolvedRefs).contains("canary"))
        #expect((world.route != nil) == (row.reason == "ResolvedRefs"))
    }

    static func withMethod(_ method: String) -> String {
        Manifest.enterprise(
            "idpTokenEndpoint: https://idp.example/token",
            "clientCredentialsSecretRef: {name: idp}",
            "clientAuthMethod: \(method)",
            "mcpAuthServerClient: {clientCredentialsSecretRef: {name: todo-client}}"
        )
    }

    @Test("the trimmed value is what the route holds")
    func trimmed() async throws {
        let world = OperatorWorld()
        try world.apply(Manifest.plain)
        world.put(.credentials, ["client-id": "a", "client-secret": "secret\n"])
        world.put(.todoClient, ["client-id": "todo", "client-secret": "x"])
        try await world.reconcile()
        guard case .enterpriseIdP(let mode)? = world.route?.authentication,
            case .secret(let secret)? = mode.idpClient?.credential
        else {
            Issue.record("there is no such route")
            return
        }
        #expect(secret.exposed == "secret")
    }

    @Test("every reference that leads nowhere is named at once")
    func bothMissing() async throws {
        let world = OperatorWorld()
        try world.apply(Manifest.plain)
        try await world.reconcile()
        #expect(world.message(.resolvedRefs).contains("'team-a/idp'"))
        #expect(world.message(.resolvedRefs).contains("'team-a/todo-client'"))
    }

    // MARK: Leg 2's client

    @Test("without a Secret of its own, leg 2 takes the mcp keys of leg 1's Secret")
    func mcpKeys() async throws {
        let world = OperatorWorld()
        try world.apply(Self.shared())
        world.put(
            .credentials,
            ["client-id": "sallyport", "client-secret": "a", "mcp-client-id": "todo", "mcp-client-secret": "b"]
        )
        try await world.reconcile()
        #expect(world.reason(.ready) == "Ready")
        #expect(world.enterpriseMode?.authServerClient.id == "todo")
        #expect(!world.events.contains { $0.reason == "SharedClientSecret" })
    }

    @Test("a Secret with half of the mcp keys is incomplete, not shared")
    func halfOfTheKeys() async throws {
        let world = OperatorWorld()
        try world.apply(Self.shared())
        world.put(.credentials, ["client-id": "sallyport", "client-secret": "a", "mcp-client-secret": "b"])
        try await world.reconcile()
        #expect(world.reason(.resolvedRefs) == "SecretKeyMissing")
        #expect(world.message(.resolvedRefs).contains("'mcp-client-id'"))
    }

    @Test("without either, leg 1's client is used for both, with a warning event and the same sentence in Accepted")
    func sharedClient() async throws {
        let world = OperatorWorld()
        try world.apply(Self.shared())
        world.put(.credentials, ["client-id": "sallyport", "client-secret": "a"])
        try await world.reconcile()
        #expect(world.reason(.ready) == "Ready")
        #expect(world.enterpriseMode?.authServerClient.id == "sallyport")
        let warning = try #require(world.events.first { $0.reason == "SharedClientSecret" })
        #expect(warning.isWarning)
        #expect(world.message(.accepted).contains(warning.message))
        world.put(.credentials, ["client-id": "sallyport", "client-secret": "rotated"])
        try await world.reconcile()
        #expect(world.events.count { $0.reason == "SharedClientSecret" } == 1)
    }

    static func shared(_ reference: String = "{name: idp}") -> String {
        Manifest.enterprise(
            "idpTokenEndpoint: https://idp.example/token",
            "clientCredentialsSecretRef: \(reference)"
        )
    }

    @Test("a client the provider does not know leaves Accepted true, with a doubt")
    func foreignClient() async throws {
        let world = OperatorWorld()
        try world.apply(Manifest.plain)
        world.put(.credentials, ["client-id": "stranger", "client-secret": "a"])
        world.put(.todoClient, ["client-id": "todo", "client-secret": "x"])
        try await world.reconcile()
        #expect(world.reason(.accepted) == "Accepted")
        #expect(world.message(.accepted).contains("will probably refuse"))
    }

    @Test("without a Secret for leg 1, the provider's own client is used and no Secret holds it")
    func providersOwnClient() async throws {
        let world = OperatorWorld()
        try world.apply(
            Manifest.enterprise(
                "idp: corp",
                "idpTokenEndpoint: https://idp.example/token",
                "mcpAuthServerClient: {clientCredentialsSecretRef: {name: todo-client}}"
            )
        )
        world.put(.todoClient, ["client-id": "todo", "client-secret": "x"])
        try await world.reconcile()
        #expect(world.reason(.ready) == "Ready")
        let mode = try #require(world.enterpriseMode)
        #expect(mode.idpClient == nil)
        #expect(world.status?.credentials?.idp == nil)
    }

    // MARK: Other namespaces

    static let vault = ObjectKey(namespace: "vault", name: "idp")

    static func granted(annotation: String?, mcpKeys: Bool = true) throws -> OperatorWorld {
        let world = OperatorWorld()
        try world.apply(shared("{name: idp, namespace: vault}"))
        var data = ["client-id": "sallyport", "client-secret": "a"]
        if mcpKeys { data.merge(["mcp-client-id": "todo", "mcp-client-secret": "b"]) { $1 } }
        world.put(
            vault,
            data,
            annotations: annotation.map { ["mcp.giantswarm.io/token-endpoints": $0] } ?? [:]
        )
        world.with { state in
            state.resourceIssuers["https://auth.todo.example"] = ResourceIssuerMetadata(
                state: .known(
                    ProviderMetadata(
                        issuer: "https://auth.todo.example",
                        tokenEndpoint: "https://auth.todo.example/token"
                    )
                )
            )
        }
        return world
    }

    static let bothEndpoints = "https://idp.example/token https://auth.todo.example/token"

    @Test("a Secret of another namespace needs a grant, and without one is not even looked for")
    func needsGrant() async throws {
        let world = try Self.granted(annotation: Self.bothEndpoints)
        world.with { $0.secrets = [:] }
        try await world.reconcile()
        #expect(world.reason(.resolvedRefs) == "RefNotPermitted")
        #expect(world.message(.resolvedRefs).contains("ReferenceGrant"))
    }

    @Test(
        "a granted Secret goes only to the endpoints its annotation names",
        arguments: [
            (bothEndpoints, "ResolvedRefs"), (nil, "RefNotPermitted"), ("https://idp.example/token", "RefNotPermitted"),
            ("https://auth.todo.example/token", "RefNotPermitted"), ("https://idp.example/toke", "RefNotPermitted"),
            ("https://idp.example/token2 https://auth.todo.example/token2", "RefNotPermitted"),
        ]
    )
    func endpoints(annotation: String?, reason: String) async throws {
        let world = try Self.granted(annotation: annotation)
        world.with { $0.grants = ["team-a -> vault/idp"] }
        try await world.reconcile()
        #expect(world.reason(.resolvedRefs) == reason)
        guard reason == "ResolvedRefs" else { return }
        // What the annotation was compared with is where it will be sent, whatever the gateway discovers.
        #expect(world.enterpriseMode?.authServerTokenEndpoint == "https://auth.todo.example/token")
        #expect(world.status?.credentials?.idp?.secret == "vault/idp")
    }

    @Test("leg 1's client of another namespace is never used for leg 2")
    func noSharingAcrossNamespaces() async throws {
        let world = try Self.granted(annotation: Self.bothEndpoints, mcpKeys: false)
        world.with { $0.grants = ["team-a -> vault/idp"] }
        try await world.reconcile()
        #expect(world.reason(.resolvedRefs) == "SecretKeyMissing")
        #expect(world.message(.resolvedRefs).contains("'mcp-client-id'"))
    }

    @Test("with requireSecretLabel, an unlabelled Secret is not used", arguments: [true, false])
    func label(isLabelled: Bool) async throws {
        let world = OperatorWorld(requiresSecretLabel: true)
        try world.apply(Manifest.plain)
        let labels = ["mcp.giantswarm.io/credentials": "true"]
        world.put(.credentials, ["client-id": "sallyport", "client-secret": "a"], labels: isLabelled ? labels : [:])
        world.put(.todoClient, ["client-id": "todo", "client-secret": "b"], labels: labels)
        try await world.reconcile()
        #expect(world.reason(.resolvedRefs) == (isLabelled ? "ResolvedRefs" : "RefNotPermitted"))
    }
}

extension [String: [UInt8]] {
    static func text(_ values: [String: String]) -> Self { values.mapValues { Array($0.utf8) } }
}

extension OperatorWorld {
    var enterpriseMode: RouteAuthentication.EnterpriseIdP? {
        guard case .enterpriseIdP(let mode)? = route?.authentication else { return nil }
        return mode
    }
}
