// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI
import Testing

@Suite("MCPServerValidator")
struct MCPServerValidatorTests {
    let validator = MCPServerValidator(policy: .strict)

    @Test("the shared table of cases is there")
    func table() {
        #expect(SpecCase.all.count > 80)
        #expect(Set(SpecCase.all.map(\.name)).count == SpecCase.all.count)
    }

    @Test("every case of the shared table gets its verdict, its reason and its fields", arguments: SpecCase.all)
    func verdict(_ row: SpecCase) throws {
        let result = validator.validate(try server(row.spec))
        #expect(result.problems.isEmpty == row.isValid)
        #expect((result.configuration != nil) == row.isValid)
        #expect(result.reason?.rawValue == row.reason)
        #expect(result.problems.map(\.field.fieldPath).sorted() == row.fields.sorted())
    }

    @Test("every message begins with its field and says what to write", arguments: SpecCase.all)
    func messages(_ row: SpecCase) throws {
        for problem in validator.validate(try server(row.spec)).problems {
            #expect(problem.message.hasPrefix(problem.field.fieldPath + " "))
            #expect(problem.message.hasSuffix("."))
            let remedies = ["Write ", "Remove", "Keep ", "Name ", "Correct "]
            #expect(remedies.contains { problem.message.contains(". " + $0) }, "\(problem.message)")
        }
    }

    @Test("a message names the field, what was found and what to write")
    func exactMessage() throws {
        let problems = validator.validate(
            try enterpriseServer(["idpTokenEndpoint": "http://enterprise.okta.example/token"])
        ).problems
        #expect(
            problems.map(\.message) == [
                "spec.auth.enterpriseIdP.idpTokenEndpoint is 'http://enterprise.okta.example/token', but tokens and "
                    + "metadata travel over https only. Write https://enterprise.okta.example/token."
            ]
        )
    }

    @Test(
        "credentials in a value do not come back in a message",
        arguments: [
            "https://root:hunter2@mcp.todo.example/mcp", "http://mcp.todo.example/mcp?key=hunter2",
            "https://mcp.todo.example/mcp?key=hunter2#a", "http://root:hunter2@x/?hunter2@y",
        ]
    )
    func noSecretsInMessages(url: String) throws {
        let problems = validator.validate(try server(["type": "streamable-http", "url": .string(url)])).problems
        #expect(problems.count == 1)
        #expect(!problems.map(\.message).joined().contains("hunter2"))
    }

    @Test("a header's value never comes back in a message")
    func noHeaderValues() throws {
        let headers: JSONValue = ["X-Api-Key": "hunter2\u{0}", "Authorization": "hunter2", "x y": "hunter2"]
        let result = validator.validate(
            try server(["type": "streamable-http", "url": "https://a.example", "headers": headers])
        )
        #expect(result.problems.count == 3)
        #expect(!"\(result)".contains("hunter2"))
        #expect(result.notes.contains { $0.field.fieldPath == #"spec.headers["X-Api-Key"]"# })
    }

    @Test(
        "headers that are not a resource's are refused in any case",
        arguments: [
            "Authorization", "COOKIE", "host", "Forwarded", "X-Forwarded-For", "Connection", "Keep-Alive", "TE",
            "Trailer",
            "Transfer-Encoding", "Upgrade", "Proxy-Authorization", "Mcp-Session-Id", "MCP-PROTOCOL-VERSION",
            "Content-Type",
            "content-length",
        ]
    )
    func forbiddenHeader(name: String) throws {
        let spec: JSONValue = ["type": "streamable-http", "url": "https://a.example", "headers": [name: "a"]]
        #expect(validator.validate(try server(spec)).problems.count == 1)
    }

    @Test("two spellings of one header are refused")
    func repeatedHeader() throws {
        let headers: JSONValue = ["x-team": "a", "X-Team": "b"]
        let result = validator.validate(
            try server(["type": "streamable-http", "url": "https://a.example", "headers": headers])
        )
        #expect(result.problems.map(\.field.fieldPath) == [#"spec.headers["x-team"]"#])
    }

    @Test("a name or namespace that Kubernetes would refuse is refused in a file")
    func names() throws {
        var server = try enterpriseServer()
        server.metadata.name = "Todo"
        server.metadata.namespace = "team.a"
        #expect(validator.validate(server).problems.map(\.field.fieldPath) == ["metadata.name", "metadata.namespace"])
    }

    @Test("unknown fields are found at any depth, with the fields that exist beside them")
    func unknownFields() throws {
        let manifest: JSONValue = [
            "apiVersion": "a", "kind": "b", "metadata": ["anything": 1], "data": [:],
            "spec": [
                "uri": "x", "headers": ["anything": "goes"], "meta": ["anything": "goes"],
                "auth": ["enterpriseIdp": [:], "enterpriseIdP": ["mcpAuthServerClient": ["clientID": "a"]]],
            ],
        ]
        let problems = validator.unknownFieldProblems(in: manifest)
        #expect(
            problems.map(\.field.fieldPath) == [
                "data", "spec.uri", "spec.auth.enterpriseIdp", "spec.auth.enterpriseIdP.mcpAuthServerClient.clientID",
            ]
        )
        #expect(problems[3].message.contains("clientCredentialsSecretRef, clientAuthMethod, assertionAudience"))
    }

    @Test("a switched-off block and ignored fields are notes")
    func notes() throws {
        let spec: JSONValue = [
            "type": "streamable-http", "url": "https://a.example", "autoStart": true, "args": [],
            "auth": ["forwardToken": true, "tokenExchange": ["connectorId": "a"]],
        ]
        let result = validator.validate(try server(spec))
        #expect(result.problems.isEmpty)
        #expect(
            Set(result.notes.map(\.field.fieldPath)) == ["spec.args", "spec.autoStart", "spec.auth.tokenExchange"]
        )
    }
}
