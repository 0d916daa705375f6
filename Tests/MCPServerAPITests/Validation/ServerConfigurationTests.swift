// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI
import Testing

@Suite("ServerConfiguration")
struct ServerConfigurationTests {
    private func configuration(_ server: MCPServer) throws -> ServerConfiguration {
        let result = MCPServerValidator(policy: .strict).validate(server)
        return try #require(result.configuration, "\(result.problems.map(\.message))")
    }

    @Test("defaults are filled in")
    func defaults() throws {
        let configuration = try configuration(try enterpriseServer())
        #expect(configuration.timeout == .seconds(30))
        guard case .enterpriseIdP(let block) = configuration.auth else {
            Issue.record("\(configuration.auth)")
            return
        }
        #expect(block.resource.text == "https://mcp.todo.example/mcp")
        #expect(block.sendsResourceToIdP && block.sendsResourceToAuthServer)
        #expect(block.subjectTokenType == .idToken)
        #expect(block.idpClient?.method == .clientSecretBasic)
        #expect(block.idpClient?.requiredKeys == ["client-id", "client-secret"])
        #expect(block.idpClient?.reference.key == ObjectKey(namespace: "team-a", name: "idp"))
        #expect(block.stepUpScopes.isEmpty && !block.acceptsBearerTokenType && block.maxTokenLifetime == nil)
        #expect(block.identityProvider.issuer?.text == "https://enterprise.okta.example")
    }

    @Test("issuers keep every byte")
    func issuerBytes() throws {
        let configuration = try configuration(
            try enterpriseServer(["mcpAuthServerIssuer": "https://AUTH.todo.example:443/"])
        )
        guard case .enterpriseIdP(let block) = configuration.auth else { return }
        #expect(block.authServerIssuer.text == "https://AUTH.todo.example:443/")
        #expect(block.authServerIssuer.url.canonical == "https://auth.todo.example")
    }

    @Test("leg 2's client falls back to leg 1's Secret, whose own client only serves the own namespace")
    func sharedSecret() throws {
        func shared(_ change: JSONValue) throws -> AuthConfiguration.SharedSecret? {
            guard case .enterpriseIdP(let block) = try configuration(try enterpriseServer(change)).auth,
                case .fromIdPSecret(let shared) = block.authServerClient
            else { return nil }
            return shared
        }
        let own = try #require(try shared(["mcpAuthServerClient": .null]))
        #expect(own.mayUseIdPClient && own.method == nil)
        let foreign = try #require(
            try shared(["mcpAuthServerClient": .null, "clientCredentialsSecretRef": ["namespace": "shared"]])
        )
        #expect(!foreign.mayUseIdPClient && foreign.reference.isCrossNamespace)
        #expect(own.method(availableKeys: ["client-id", "client-secret"]) == nil)
        #expect(own.method(availableKeys: ["mcp-client-id", "mcp-client-secret"]) == .clientSecretBasic)
        #expect(own.method(availableKeys: ["mcp-client-id", "mcp-private-key"]) == .privateKeyJWT)
        #expect(try shared([:]) == nil)
    }

    @Test("token exchange derives the issuer and the scopes")
    func tokenExchange() throws {
        let spec: JSONValue = [
            "type": "streamable-http", "url": "https://mcp.todo.example/mcp",
            "auth": [
                "tokenExchange": [
                    "enabled": true, "dexTokenEndpoint": "https://dex.example/dex/token", "connectorId": "a",
                ]
            ],
        ]
        guard case .tokenExchange(let block) = try configuration(try server(spec)).auth else {
            Issue.record("not token exchange")
            return
        }
        #expect(block.expectedIssuer.text == "https://dex.example/dex")
        #expect(block.scopes.description == "openid profile email groups")
        #expect(block.client == nil)
    }

    @Test(
        "lifetimes are read in hours, minutes and seconds",
        arguments: [("15m", 900), ("1h30m", 5400), ("1h1m1s", 3661), ("24h", 86_400), ("1s", 1)] as [(String, Int64)]
    )
    func lifetime(text: String, seconds: Int64) throws {
        let configuration = try configuration(try enterpriseServer(["maxTokenLifetime": .string(text)]))
        guard case .enterpriseIdP(let block) = configuration.auth else { return }
        #expect(block.maxTokenLifetime == .seconds(seconds))
    }

    @Test("the Secrets of an invalid spec are named all the same")
    func referencesOfInvalidSpec() throws {
        let server = try enterpriseServer(["mcpAuthServerIssuer": .null, "clientAuthMethod": "private_key_jwt"])
        #expect(MCPServerValidator(policy: .strict).validate(server).configuration == nil)
        #expect(server.credentialReferences.map(\.role) == [.idp, .authServer])
        #expect(server.credentialReferences.first?.credentials.requiredKeys == ["client-id", "private-key"])
        #expect(
            server.credentialReferences.last?.credentials.reference.field.fieldPath
                == "spec.auth.enterpriseIdP.mcpAuthServerClient.clientCredentialsSecretRef"
        )
    }

    @Test("the Secrets of a block that is off, or with impossible names, are not named")
    func noReferences() throws {
        #expect(try enterpriseServer(["enabled": false]).credentialReferences.isEmpty)
        let impossible = try enterpriseServer([
            "clientCredentialsSecretRef": ["name": "../x"], "mcpAuthServerClient": .null,
        ])
        #expect(impossible.credentialReferences.isEmpty)
    }
}
