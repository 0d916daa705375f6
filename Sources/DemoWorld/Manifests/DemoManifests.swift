// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// What `sallyport serve` needs to use the enterprise: a configuration, the manifests of the MCP servers, and the
/// credentials that both name.
package struct DemoManifests: Sendable {
    /// The namespace of all objects.
    static let namespace = "demo"
    /// The Secret with the gateway's client at the exchange server.
    static let exchangeSecret = "gateway-exchange-client"
    private static let notice = "# For the demonstration, and only while it runs: made anew at each start.\n"

    let enterprise: Enterprise
    private let folder: String
    private let gatewayPort: Int
    private let servers: [MCPServerName]

    /// - Parameters:
    ///   - enterprise: What they fit.
    ///   - folder: Where they will be, as an absolute path.
    ///   - gatewayPort: Where the gateway will listen for MCP clients; the next port is for health and metrics.
    ///   - servers: The MCP servers that the gateway will serve.
    package init(
        of enterprise: Enterprise,
        folder: String,
        gatewayPort: Int,
        servers: [MCPServerName] = MCPServerName.allCases
    ) {
        self.enterprise = enterprise
        self.folder = folder
        self.gatewayPort = gatewayPort
        self.servers = servers
    }

    /// All files.
    package var files: [DemoFile] {
        var files = [
            DemoFile("sallyport.yaml", configuration),
            DemoFile("identity-provider/client-secret", enterprise.credentials.identityProvider.secret.exposed),
            DemoFile("identity-provider/private-key.pem", enterprise.credentials.identityProvider.privateKey.exposed),
            DemoFile("manifests/secrets.yaml", secret),
        ]
        if servers.contains(where: { $0.mode == .exchanged }) {
            files.append(DemoFile("manifests/exchange-secrets.yaml", exchangeClient))
        }
        return files + servers.map { DemoFile("manifests/\($0.rawValue).yaml", manifest($0)) }
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
        \(servers.map(trust).joined())# Everything here is on this machine, over http.
        egress: {allowLoopbackHTTP: true}

        """
    }

    /// What the provider's entry says for a server: where else its users' ID tokens may go.
    private func trust(_ name: MCPServerName) -> String {
        switch name.mode {
        case .managed, .consent, .open: ""
        case .exchanged:
            """
                # ID tokens may be exchanged here, for '\(name.rawValue)'.
                tokenEndpoints: [\(quoted(enterprise.addresses.exchangeServerTokenEndpoint))]

            """
        case .forwarded:
            """
                # '\(name.rawValue)' may get ID tokens themselves, if they are for it as well.
                forwardTo: [{audience: \(name.audience), urls: [\(quoted(enterprise.addresses.resource(name)))]}]

            """
        }
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

    private var exchangeClient: String {
        """
        \(Self.notice)# The gateway's client at the exchange server.
        apiVersion: v1
        kind: Secret
        metadata: {name: \(Self.exchangeSecret), namespace: \(Self.namespace)}
        stringData:
          client-id: \(DemoCredentials.exchangeServerClient)
          client-secret: \(quoted(enterprise.credentials.exchangeServer.secret.exposed))

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
        \(authentication(name).map { "    \($0)\n" }.joined())
        """
    }

    private func description(_ name: MCPServerName) -> String {
        switch name {
        case .todo: "Things to do. Alice may read and write, Bob may read."
        case .payroll: "What people earn. Alice may read and write, Bob may not use it at all."
        case .notes: "Everybody's own notes, for which each user has to consent."
        case .calendar: "Who meets whom and when. Wants a token of the exchange server."
        case .directory: "Who works here. Wants the user's own ID token, which must be for it as well."
        case .handbook: "How things are done here. Wants to know nobody."
        }
    }

    /// A JSON text is a YAML text.
    func quoted(_ text: String) -> String { JSONValue.string(text).serializedText() }
}
