// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable
import Testing

@testable import MCPGateway

@Suite("Paths of the gateway")
struct GatewayPathTests {
    private static let todo = RouteKey(namespace: "team-a", name: "todo.v2")

    @Test("Each place has one path")
    func places() {
        #expect(GatewayPath("/servers") == .servers)
        #expect(GatewayPath("/.well-known/oauth-client.json") == .clientMetadata)
        #expect(GatewayPath("/servers/team-a/todo.v2/mcp") == .server(Self.todo))
        #expect(GatewayPath("/servers/team-a/todo.v2/retry") == .retry(Self.todo))
        #expect(GatewayPath.path(of: Self.todo) == "/servers/team-a/todo.v2/mcp")
        let metadata = GatewayPath.metadataPath(of: "/servers/team-a/todo.v2/mcp")
        #expect(metadata == "/.well-known/oauth-protected-resource/servers/team-a/todo.v2/mcp")
        #expect(GatewayPath(metadata) == .metadata(of: "/servers/team-a/todo.v2/mcp"))
        #expect(GatewayPath("/.well-known/oauth-protected-resource/servers") == .metadata(of: "/servers"))
    }

    @Test(
        "Whatever else looks like one is none",
        arguments: [
            "", "/", "servers", "/servers/", "//servers", "/Servers", "/servers/team-a", "/servers/team-a/todo",
            "/servers/team-a/todo/mcp/", "/servers//todo/mcp", "/servers/team-a//mcp", "/servers/team-a/todo/MCP",
            "/servers/team-a/../mcp", "/servers/./todo/mcp", "/servers/team-a/%74odo/mcp", "/servers/team-a/todo%2Fmcp",
            "/servers/team-A/todo/mcp", "/servers/team_a/todo/mcp", "/servers/team-a/todo mcp/mcp",
            "/servers/team-a/todo/mcp?x", "/servers/team-a/t\u{f6}do/mcp", "/servers/-a/todo/mcp",
            "/servers/team-a/\(String(repeating: "a", count: 254))/mcp",
            "/servers/\(String(repeating: "a", count: 64))/b/mcp",
            "/.well-known/oauth-client", "/.well-known/oauth-client.json/", "/.well-known/oauth-client.json/x",
            "/.well-known/oauth-protected-resource/.well-known/oauth-client.json",
            "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/servers/team-a/todo/retry",
            "/.well-known/oauth-protected-resource/.well-known/oauth-protected-resource/servers",
            "/servers/" + String(repeating: "a/", count: 1_000),
        ]
    )
    func none(_ path: String) { #expect(GatewayPath(path) == nil) }
}
