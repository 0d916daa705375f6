// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import Testing

@testable import MCPGateway

@Suite("From where the gateway may be called")
struct GatewayIdentityTests {
    private static func reason(
        _ headers: HTTPHeaders,
        publicURL: String = "https://mcp.corp.example/",
        hosts: [String] = [],
        origins: [String] = []
    ) throws -> Refusal.Reason? {
        try GatewayIdentity(publicURL: publicURL, issuers: [], allowedHosts: hosts, allowedOrigins: origins)
            .refusal(headers)?.reason
    }

    @Test("It answers to its own name, with or without a port, and to those it was given")
    func hosts() throws {
        #expect(try Self.reason(["Host": "mcp.corp.example"]) == nil)
        #expect(try Self.reason(["host": "MCP.corp.example:8443"]) == nil)
        #expect(try Self.reason(["Host": "evil.example"]) == .forbiddenHost)
        #expect(try Self.reason(["Host": "mcp.corp.example.evil.example"]) == .forbiddenHost)
        #expect(try Self.reason(["Host": "localhost"]) == .forbiddenHost)
        #expect(try Self.reason([:]) == .forbiddenHost)
        var two: HTTPHeaders = ["Host": "mcp.corp.example"]
        two.add(name: "Host", value: "evil.example")
        #expect(try Self.reason(two) == .forbiddenHost)
        #expect(try Self.reason(["Host": "gw.svc:80"], hosts: ["gw.svc"]) == nil)
        #expect(try Self.reason(["Host": "a.b.corp.example"], hosts: ["*.corp.example"]) == nil)
        #expect(try Self.reason(["Host": ".corp.example"], hosts: ["*.corp.example"]) == .forbiddenHost)
    }

    @Test("On this machine every name of this machine will do, and a name that leads here from elsewhere will not")
    func loopback() throws {
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"] {
            #expect(try Self.reason(["Host": host], publicURL: "http://127.0.0.1:8080") == nil)
        }
        #expect(try Self.reason(["Host": "rebound.example"], publicURL: "http://127.0.0.1:8080") == .forbiddenHost)
    }

    @Test("A page may call it from its own origin and from those that are allowed, and no other")
    func origins() throws {
        func reason(_ origin: String, _ allowed: [String] = []) throws -> Refusal.Reason? {
            try Self.reason(["Host": "mcp.corp.example", "Origin": origin], origins: allowed)
        }
        #expect(try reason("https://mcp.corp.example") == nil)
        #expect(try reason("https://inspector.example", ["https://inspector.example"]) == nil)
        for origin in ["https://evil.example", "http://mcp.corp.example", "null", "", "https://mcp.corp.example:444"] {
            #expect(try reason(origin, ["https://inspector.example"]) == .forbiddenOrigin)
        }
    }

    @Test("The metadata names the path, the providers, and nothing about servers")
    func metadata() throws {
        let identity = try GatewayIdentity(publicURL: "https://mcp.corp.example/", issuers: ["https://idp.example"])
        #expect(
            identity.metadata(of: "/servers/a/b/mcp").serializedText(.compact)
                == #"{"resource":"https://mcp.corp.example/servers/a/b/mcp","authorization_servers":["https://idp.example"],"#
                + #""bearer_methods_supported":["header"],"scopes_supported":["openid"],"resource_name":"Sallyport"}"#
        )
    }
}
