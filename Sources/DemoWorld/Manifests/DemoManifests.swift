// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// What `sallyport serve` needs to use the enterprise: a configuration, the manifests of the MCP servers, and the
/// credentials that both name.
package struct DemoManifests: Sendable {
    /// The namespace of all objects.
    static let namespace = "demo"
    private static let notice = "# For the demonstration, and only while it runs: made anew at each start.\n"

    private let enterprise: Enterprise
    private let folder: String
    private let gatewayPort: Int

    /// - Parameters:
    ///   - enterprise: What they fit.
    ///   - folder: Where they will be, as an absolute path.
    ///   - gatewayPort: Where the gateway will listen for MCP clients; the next port is for health and metrics.
    package init(of enterprise: Enterprise, folder: String, gatewayPort: Int) {
        self.enterprise = enterprise
        self.folder = folder
        self.gatewayPort = gatewayPort
    }

    /// All files.
    package var files: [DemoFile] {
        [
            DemoFile("sallyport.yaml", configuration),
            DemoFile("identity-provider/client-secret", enterprise.credentials.identityProvider.secret.exposed),
            DemoFile("identity-provider/private-key.pem", enterprise.credentials.identityProvider.privateKey.exposed),
            DemoFile("manifests/secrets.yaml", secret),
        ] + MCPServerName.managed.map { DemoFile("manifests/\($0.rawValue).yaml", manifest($0)) }
    }

    private var configuration: String {
        """
        \(Self.notice)listen: 127.0.0.1:\(gatewayPort)
        health: {listen: 127.0.0.1:\(gatewayPort + 1)}
        identityProviders:
          - name: enterprise
            issuer: \(quoted(enterprise.addresses.identityProvider))
            clientID: \(DemoCredentials.identityProviderClient)
            clientSecretFile: \(quoted(folder + "/identity-provider/client-secret"))
        # Everything here is on this machine, over http.
        egress: {allowLoopbackHTTP: true}

        """
    }

    private var secret: String {
        let proof = enterprise.credentials.authorizationServer
        return """
            \(Self.notice)# The gateway's client at the MCP servers' authorization server.
            apiVersion: v1
            kind: Secret
            metadata: {name: gateway-client, namespace: \(Self.namespace)}
            stringData:
              client-id: \(DemoCredentials.authorizationServerClient)
              client-secret: \(quoted(proof.secret.exposed))
              private-key: \(quoted(proof.privateKey.exposed))

            """
    }

    private func manifest(_ name: MCPServerName) -> String {
        """
        \(Self.notice)apiVersion: mcp.giantswarm.io/v1alpha1
        kind: MCPServer
        metadata: {name: \(name.rawValue), namespace: \(Self.namespace)}
        spec:
          type: streamable-http
          url: \(quoted(enterprise.addresses.resource(name)))
          description: \(quoted(description(name)))
          auth:
            enterpriseIdP:
              enabled: true
              idp: enterprise
              mcpAuthServerIssuer: \(quoted(enterprise.addresses.authorizationServer))
              scopes: \(name.readScope)
              stepUpScopes: \(name.writeScope)
              mcpAuthServerClient:
                clientCredentialsSecretRef: {name: gateway-client}
                clientAuthMethod: \(method(name).rawValue)

        """
    }

    /// One of each, so that both are tried.
    private func method(_ name: MCPServerName) -> RegisteredClient.Method {
        switch name {
        case .todo: .clientSecretBasic
        case .payroll, .notes: .privateKeyJWT
        }
    }

    private func description(_ name: MCPServerName) -> String {
        switch name {
        case .todo: "Things to do. Alice may read and write, Bob may read."
        case .payroll: "What people earn. Alice may read and write, Bob may not use it at all."
        case .notes: "Everybody's own notes, for which each user has to consent."
        }
    }

    /// A JSON text is a YAML text.
    private func quoted(_ text: String) -> String { JSONValue.string(text).serializedText() }
}
