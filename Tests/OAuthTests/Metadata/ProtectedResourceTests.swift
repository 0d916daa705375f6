// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import TestSupport
import Testing

@testable import OAuth

@Suite("Protected resource metadata")
struct ProtectedResourceTests {
    private static let mcp = "https://api.example/tenants/a/mcp"

    private static func read(
        _ documents: [String: String],
        of resource: String = mcp,
        advertised: String? = nil
    ) async throws -> (ProtectedResourceMetadata?, MetadataError.Code?, [String]) {
        let client = ScriptedHTTPClient { request in
            documents[request.url].map { answer(200, $0) } ?? answer(404, "")
        }
        do {
            let metadata = try await MetadataClient(documents: DocumentClient(client: client))
                .protectedResource(resource, advertisedURL: advertised)
            return (metadata, nil, client.requests.map(\.url))
        } catch let error as MetadataError { return (nil, error.code, client.requests.map(\.url)) }
    }

    @Test("The path is inserted, and then the root is asked (RFC 9728 §3.1)")
    func order() async throws {
        let urls = [
            "https://api.example/.well-known/oauth-protected-resource/tenants/a/mcp",
            "https://api.example/.well-known/oauth-protected-resource",
        ]
        #expect(try await Self.read([:]).2 == urls)
        #expect(try await Self.read([:]).1 == .notFound)
        #expect(try await Self.read([:], of: "https://api.example/").2 == [urls[1]])
        #expect(
            try await Self.read([:], of: "https://api.example/mcp?t=1").2.first
                == "https://api.example/.well-known/oauth-protected-resource/mcp?t=1"
        )
    }

    @Test(
        "The document must be about the resource (RFC 9728 §3.3); at the root it may be about the origin",
        arguments: [
            (mcp, true, true), ("https://api.example/", false, true), ("https://api.example", false, true),
            ("https://api.example/tenants/b/mcp", false, false), ("https://api.example/tenants/a/mcp/", false, false),
            ("https://evil.example/mcp", false, false), ("https://API.example/tenants/a/mcp", false, false),
        ]
    )
    func resource(named: String, inserted: Bool, root: Bool) async throws {
        let document =
            #"{"resource":"\#(named)","authorization_servers":["https://as.example/","https://b.example"],"scopes_supported":["x"]}"#
        let atPath = try await Self.read([
            "https://api.example/.well-known/oauth-protected-resource/tenants/a/mcp": document
        ])
        #expect((atPath.0 != nil) == inserted)
        #expect(inserted || atPath.1 == .mismatch)
        let atRoot = try await Self.read(["https://api.example/.well-known/oauth-protected-resource": document])
        #expect((atRoot.0 != nil) == root)
        if let metadata = atPath.0 {
            #expect(metadata.authorizationServers == ["https://as.example/", "https://b.example"])
            #expect(metadata.scopes == ["x"] && metadata.bearerMethods == nil)
        }
    }

    @Test("A challenge may name the document, on the resource's own origin")
    func advertised() async throws {
        let url = "https://api.example/custom/metadata"
        let own = try await Self.read([url: #"{"resource":"\#(Self.mcp)"}"#], advertised: url)
        #expect(own.0?.authorizationServers == [])
        #expect(own.2 == [url])
        for foreign in [
            "https://evil.example/m", "https://api.example:444/m", "http://api.example/m", "https://api.example.evil/m",
        ] {
            let answer = try await Self.read([foreign: #"{"resource":"\#(Self.mcp)"}"#], advertised: foreign)
            #expect(answer.0 == nil && answer.2.isEmpty)
        }
        let other = try await Self.read([url: #"{"resource":"https://evil.example/mcp"}"#], advertised: url)
        #expect(other.1 == .mismatch)
    }

    @Test(
        "A document that a challenge names speaks for the whole origin only from the origin's well-known places",
        arguments: [
            ("/.well-known/oauth-protected-resource", true), ("/.well-known/oauth-protected-resource/any/where", true),
            ("/.well-known/oauth-protected-resource?tenant=a", true), ("/files/of/mallory.json", false),
            ("/.well-known/oauth-protected-resources", false), ("/.well-known/other", false),
            ("/.well-known/oauth-protected-resource/../../files/x", false),
            ("/.well-known/oauth-protected-resource/%2E%2e/x", false),
            ("/files/.well-known/oauth-protected-resource", false),
        ]
    )
    func advertisedOrigin(path: String, speaksForOrigin: Bool) async throws {
        let url = "https://api.example" + path
        for origin in ["https://api.example", "https://api.example/"] {
            let answer = try await Self.read([url: #"{"resource":"\#(origin)"}"#], advertised: url)
            #expect((answer.0 != nil) == speaksForOrigin)
            #expect(speaksForOrigin || answer.1 == .mismatch)
        }
        #expect(try await Self.read([url: #"{"resource":"\#(Self.mcp)"}"#], advertised: url).0 != nil)
    }
}
