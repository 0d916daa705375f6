// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import MCPServerAPI
import Testing

@Suite("ValidationPolicy")
struct ValidationPolicyTests {
    @Test(
        "http upstreams are valid for the hosts that configuration lists, and for no endpoint of an identity provider"
    )
    func allowHTTP() throws {
        let policy = ValidationPolicy(
            schemes: .configured(allowHTTP: ["*.svc.cluster.local"], allowLoopbackHTTP: false),
            resources: .configured([])
        )
        let validator = MCPServerValidator(policy: policy)
        let inside = try enterpriseServer(url: "http://todo.team-a.svc.cluster.local/mcp")
        #expect(validator.validate(inside).problems.isEmpty)
        let endpoint = try enterpriseServer(["idpTokenEndpoint": "http://idp.team-a.svc.cluster.local/token"])
        #expect(validator.validate(endpoint).problems.count == 1)
    }

    @Test("loopback over http is valid for every URL where configuration says so")
    func allowLoopback() throws {
        let server = try enterpriseServer(
            ["idpTokenEndpoint": "http://127.0.0.1:5556/token", "mcpAuthServerIssuer": "http://[::1]:5557"],
            url: "http://localhost:8000/mcp"
        )
        #expect(MCPServerValidator(policy: .strict).validate(server).problems.count == 3)
        let loopback = ValidationPolicy(
            schemes: .configured(allowHTTP: [], allowLoopbackHTTP: true),
            resources: .configured([])
        )
        #expect(MCPServerValidator(policy: loopback).validate(server).problems.isEmpty)
    }

    @Test("without a configuration, what it could allow is a note")
    func unconfigured() throws {
        let server = try enterpriseServer(["resource": "api://todo"], url: "http://todo.example/mcp")
        let result = MCPServerValidator(policy: .unconfigured).validate(server)
        #expect(result.problems.isEmpty)
        #expect(result.notes.map(\.field.fieldPath) == ["spec.url", "spec.auth.enterpriseIdP.resource"])
        let endpoint = try enterpriseServer(["idpTokenEndpoint": "http://idp.example/token"])
        #expect(MCPServerValidator(policy: .unconfigured).validate(endpoint).problems.count == 1)
    }

    @Test("a resource outside the server's URL is valid for the pairs that configuration lists")
    func resourcePairs() throws {
        let pair = ResourcePolicy.Pair(resource: "api://todo", urls: ["https://mcp.todo.example/mcp"])
        let policy = ValidationPolicy(
            schemes: .configured(allowHTTP: [], allowLoopbackHTTP: false),
            resources: .configured([pair])
        )
        let validator = MCPServerValidator(policy: policy)
        #expect(validator.validate(try enterpriseServer(["resource": "api://todo"])).problems.isEmpty)
        let other = try enterpriseServer(["resource": "api://todo"], url: "https://mcp.todo.example/other")
        #expect(validator.validate(other).reason == .resourceMismatch)
    }

    @Test(
        "a host pattern matches whole labels",
        arguments: [
            ("*.svc.cluster.local", "a.b.svc.cluster.local", true), ("*.svc.cluster.local", "svc.cluster.local", false),
            ("*.svc.cluster.local", "asvc.cluster.local", false),
            ("*.svc.cluster.local", "a.svc.cluster.local.evil", false),
            ("todo.example", "todo.example", true), ("Todo.Example", "todo.example", true),
            ("todo.example", "a.todo.example", false), ("*", "todo.example", false),
        ]
    )
    func hostPattern(pattern: String, host: String, matches: Bool) {
        #expect(SchemePolicy.matches(host: host, pattern: pattern) == matches)
    }
}
