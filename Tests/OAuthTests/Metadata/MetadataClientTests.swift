// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import TestSupport
import Testing

@testable import OAuth

@Suite("Metadata")
struct MetadataClientTests {
    /// A web of documents by URL; anything else is 404.
    private static func web(_ documents: [String: String]) -> ScriptedHTTPClient {
        ScriptedHTTPClient { request in
            documents[request.url].map { answer(200, $0) } ?? answer(404, "", ["Content-Type": "text/html"])
        }
    }

    private static func metadata(_ client: ScriptedHTTPClient, allowsLoopbackHTTP: Bool = false) -> MetadataClient {
        MetadataClient(documents: DocumentClient(client: client, allowsLoopbackHTTP: allowsLoopbackHTTP))
    }

    private static func failure(
        _ response: IncomingResponse,
        _ issuer: String = "https://as.example"
    ) async throws -> MetadataError {
        let client = ScriptedHTTPClient { _ in response }
        return try await #require(throws: MetadataError.self) { try await metadata(client).authorizationServer(issuer) }
    }

    @Test(
        "The well-known URLs are asked in order, with the issuer's path inserted and its last slash left out (RFC 8414 §3.1)",
        arguments: [
            (
                "https://as.example",
                [
                    "https://as.example/.well-known/oauth-authorization-server",
                    "https://as.example/.well-known/openid-configuration",
                ]
            ),
            (
                "https://as.example/",
                [
                    "https://as.example/.well-known/oauth-authorization-server",
                    "https://as.example/.well-known/openid-configuration",
                ]
            ),
            (
                "https://as.example/tenant1/",
                [
                    "https://as.example/.well-known/oauth-authorization-server/tenant1",
                    "https://as.example/.well-known/openid-configuration/tenant1",
                    "https://as.example/tenant1/.well-known/openid-configuration",
                ]
            ),
            (
                "https://as.example:8443/a/b",
                [
                    "https://as.example:8443/.well-known/oauth-authorization-server/a/b",
                    "https://as.example:8443/.well-known/openid-configuration/a/b",
                    "https://as.example:8443/a/b/.well-known/openid-configuration",
                ]
            ),
        ]
    )
    func order(issuer: String, urls: [String]) async throws {
        let client = Self.web([:])
        let error = try await #require(throws: MetadataError.self) {
            try await Self.metadata(client).authorizationServer(issuer)
        }
        #expect(error.code == .notFound)
        #expect(client.requests.map(\.url) == urls)
        #expect(
            client.requests.allSatisfy {
                $0.method == .get && $0.headers["Accept"] == "application/json" && $0.mayBeResent
            }
        )
        for last in urls.indices {
            let found = Self.web([urls[last]: #"{"issuer":"\#(issuer)","token_endpoint":"https://as.example/t"}"#])
            #expect(try await Self.metadata(found).authorizationServer(issuer).tokenEndpoint == "https://as.example/t")
            #expect(found.requests.count == last + 1)
        }
    }

    @Test("An OpenID provider is asked at its own place first")
    func openID() async throws {
        let client = Self.web([:])
        await #expect(throws: MetadataError.self) {
            try await Self.metadata(client).openIDProvider("https://idp.example/realms/a")
        }
        #expect(client.requests.first?.url == "https://idp.example/realms/a/.well-known/openid-configuration")
    }

    @Test("The document of the draft's example is read, with the fields of ID-JAG")
    func fields() async throws {
        let client = Self.web([
            "https://idp.cyberdyne-corp.example/.well-known/openid-configuration": """
            {"issuer":"https://idp.cyberdyne-corp.example/","authorization_endpoint":"https://idp.cyberdyne-corp.example/oauth2/authorize",
            "token_endpoint":"https://idp.cyberdyne-corp.example/oauth2/token","jwks_uri":"https://idp.cyberdyne-corp.example/oauth2/keys",
            "grant_types_supported":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:token-exchange"],
            "identity_chaining_requested_token_types_supported":["urn:ietf:params:oauth:token-type:id-jag"],
            "authorization_grant_profiles_supported":["urn:ietf:params:oauth:grant-profile:id-jag"],
            "authorization_response_iss_parameter_supported":true,"unknown":{"a":1},"scopes_supported":null}
            """
        ])
        let metadata = try await Self.metadata(client).openIDProvider("https://idp.cyberdyne-corp.example/")
        #expect(metadata.tokenEndpoint == idp)
        #expect(metadata.jwksURI == "https://idp.cyberdyne-corp.example/oauth2/keys")
        #expect(metadata.advertisesIDJAGIssuance && metadata.advertisesIDJAGGrant && metadata.namesItselfInResponses)
        #expect(metadata.grantTypes?.count == 3)
        #expect(metadata.scopes == nil && metadata.codeChallengeMethods == nil)
    }

    @Test(
        "G22: A document that speaks for another issuer is not used, and no other is asked (RFC 8414 §3.3)",
        arguments: [
            "https://as.example/", "https://AS.example", "https://as.example:443", "http://as.example",
            "https://evil.example", "https://as.example/a",
        ]
    )
    func mismatch(issuer: String) async throws {
        let client = ScriptedHTTPClient { _ in
            answer(200, #"{"issuer":"\#(issuer)","token_endpoint":"https://evil.example/t"}"#)
        }
        let error = try await #require(throws: MetadataError.self) {
            try await Self.metadata(client).authorizationServer("https://as.example")
        }
        #expect(error.code == .mismatch)
        #expect(client.requests.count == 1)
    }

    @Test("Another spelling of the same letter is another issuer")
    func spelling() async throws {
        let (escaped, composed) = ("https://as.example/%C3%A9", "https://as.example/\u{E9}")
        #expect(try await Self.failure(answer(200, #"{"issuer":"\#(composed)"}"#), escaped).code == .mismatch)
        #expect(try await Self.failure(answer(200, "{}"), composed).code == .insecureURL)
    }

    @Test(
        "G23: Endpoints that are not https are refused",
        arguments: [
            "authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint", "revocation_endpoint",
            "end_session_endpoint",
        ]
    )
    func insecureEndpoints(name: String) async throws {
        for url in ["http://as.example/x", "javascript:alert(1)", "/relative", "https://u@as.example/"] {
            let error = try await Self.failure(answer(200, #"{"issuer":"https://as.example","\#(name)":"\#(url)"}"#))
            #expect(error.code == .insecureURL)
        }
    }

    @Test(
        "What is no metadata is refused",
        arguments: [
            (200, "<html>", "text/html", MetadataError.Code.malformed),
            (200, #"{"issuer":"https://as.example"}"#, "text/plain", .malformed),
            (200, "", "application/json", .malformed),
            (200, "[]", "application/json", .malformed),
            (200, "{}", "application/json", .malformed),
            (200, #"{"issuer":7}"#, "application/json", .malformed),
            (200, #"{"issuer":"https://as.example","issuer":"https://as.example"}"#, "application/json", .malformed),
            (200, #"{"issuer":"https://as.example","grant_types_supported":"x"}"#, "application/json", .malformed),
            (200, #"{"issuer":"https://as.example","token_endpoint":7}"#, "application/json", .malformed),
            (200, #"{"a":"# + String(repeating: "[", count: 100_000), "application/json", .malformed),
            (301, "", "text/html", .malformed), (302, "{}", "application/json", .malformed),
            (204, "", "application/json", .malformed),
            (500, "{}", "application/json", .unavailable), (503, "", "text/html", .unavailable),
            (429, "", "text/html", .unavailable),
            (404, "{}", "application/json", .notFound), (401, "", "text/html", .notFound),
            (400, "", "text/html", .notFound),
        ]
    )
    func refused(status: Int, body: String, type: String, code: MetadataError.Code) async throws {
        let error = try await Self.failure(
            answer(status, body, ["Content-Type": type, "Location": "https://evil.example/"])
        )
        #expect(error.code == code)
        #expect(
            error.message.hasPrefix("Could not read the metadata of 'https://as.example': ")
                && error.message.hasSuffix(".")
        )
    }

    @Test("A document above a mebibyte is refused")
    func oversized() async throws {
        let body = #"{"issuer":"https://as.example","x":""# + String(repeating: "a", count: 1 << 20) + #""}"#
        #expect(try await Self.failure(answer(200, body)).code == .malformed)
    }

    @Test("No answer is unavailable, and cancellation passes through")
    func noAnswer() async throws {
        for code in [HTTPTransportError.Code.timedOut, .nameResolution, .tls, .addressForbidden] {
            let client = ScriptedHTTPClient { _ in throw HTTPTransportError(code, "x") }
            let error = try await #require(throws: MetadataError.self) {
                try await Self.metadata(client).authorizationServer("https://as.example")
            }
            #expect(error.code == .unavailable)
            #expect(client.requests.count == 1)
        }
        let cancelled = ScriptedHTTPClient { _ in throw CancellationError() }
        await #expect(throws: CancellationError.self) {
            try await Self.metadata(cancelled).authorizationServer("https://as.example")
        }
    }

    @Test(
        "An issuer that is no https URL, or has a query or fragment, is not asked",
        arguments: [
            "http://as.example", "as.example", "", "https://as.example?x=1", "https://as.example#f",
            "https://u@as.example", "http://127.0.0.1:1",
        ]
    )
    func badIssuers(issuer: String) async throws {
        let client = Self.web([:])
        let error = try await #require(throws: MetadataError.self) {
            try await Self.metadata(client).authorizationServer(issuer)
        }
        #expect(error.code == .insecureURL)
        #expect(client.requests.isEmpty)
    }

    @Test("A loopback host may speak http where that is allowed")
    func loopback() async throws {
        let client = Self.web([
            "http://127.0.0.1:1/.well-known/oauth-authorization-server": #"{"issuer":"http://127.0.0.1:1"}"#
        ])
        let metadata = Self.metadata(client, allowsLoopbackHTTP: true)
        #expect(try await metadata.authorizationServer("http://127.0.0.1:1").issuer == "http://127.0.0.1:1")
    }
}
