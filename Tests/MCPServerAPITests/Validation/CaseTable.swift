// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI
import Testing

/// One row of `Tests/Fixtures/mcpserver-cases.yaml`, which says what its members mean.
struct SpecCase: CustomTestStringConvertible, Sendable {
    let name: String
    let spec: JSONValue
    let isValid: Bool
    let reason: String?
    let fields: [String]

    var testDescription: String { name }

    init(_ json: JSONValue, bases: JSONValue) throws {
        name = try json.required("name")
        if let base: String = try json.optional("base") {
            spec = (bases[base] ?? .null).merging(patch: json["change"] ?? [:])
        } else {
            spec = try json.required("spec")
        }
        isValid = try json.required("valid")
        reason = try json.optional("codeReason")
        fields = try json.optional("codeFields") ?? []
    }

    /// All rows; a table that cannot be read fails the test that counts them.
    static let all: [SpecCase] = {
        do {
            let table = try repositoryDocument("Tests/Fixtures/mcpserver-cases.yaml")
            return try (table["cases"]?.arrayValue ?? []).map { try SpecCase($0, bases: table["bases"] ?? .null) }
        } catch {
            Issue.record("\(error)")
            return []
        }
    }()
}

/// A server with that spec, named `todo` in namespace `team-a`.
func server(_ spec: JSONValue) throws -> MCPServer {
    try MCPServer(json: [
        "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer",
        "metadata": ["name": "todo", "namespace": "team-a"], "spec": spec,
    ])
}

/// A valid server behind the enterprise IdP, with a change of its `enterpriseIdP` block.
func enterpriseServer(_ change: JSONValue = [:], url: String = "https://mcp.todo.example/mcp") throws -> MCPServer {
    let block: JSONValue = [
        "enabled": true, "idpIssuer": "https://enterprise.okta.example",
        "mcpAuthServerIssuer": "https://auth.todo.example",
        "clientCredentialsSecretRef": ["name": "idp"],
        "mcpAuthServerClient": ["clientCredentialsSecretRef": ["name": "todo-client"]],
    ]
    return try server([
        "type": "streamable-http", "url": .string(url), "auth": ["enterpriseIdP": block.merging(patch: change)],
    ])
}
