// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import TestSupport
import Testing

@testable import OAuth

@Suite("Client registration")
struct RegistrationEndpointTests {
    private static let metadata = ClientMetadata(
        name: "Sallyport",
        redirectURIs: ["https://gw.example/connect/callback"]
    )
    private static let url = "https://as.example/register"

    private func register(
        _ url: String = url,
        _ metadata: ClientMetadata = metadata,
        handler: @escaping ScriptedHTTPClient.Handler
    ) async throws -> (ClientRegistration, OutgoingRequest?) {
        let client = ScriptedHTTPClient(handler)
        let endpoint = RegistrationEndpoint(url: url, client: client)
        let registration = try await endpoint.register(metadata, method: "client_secret_basic")
        return (registration, client.requests.first)
    }

    private func failure(
        _ url: String = url,
        _ handler: @escaping ScriptedHTTPClient.Handler
    ) async throws -> RegistrationError {
        try await #require(throws: RegistrationError.self) { _ = try await register(url, handler: handler) }
    }

    @Test("The request is, byte for byte, the one of RFC 7591 §3.1, with the type of the application")
    func request() async throws {
        let (registration, request) = try await register { _ in
            answer(201, #"{"client_id":"c1","client_secret":"canary-secret","client_secret_expires_at":0}"#)
        }
        let sent = try #require(request)
        #expect(sent.method == .post && sent.url == Self.url && !sent.mayBeResent)
        #expect(sent.headers["Content-Type"] == "application/json" && sent.headers["Authorization"] == nil)
        #expect(
            text(sent)
                == #"{"client_name":"Sallyport","redirect_uris":["https://gw.example/connect/callback"],"#
                + #""grant_types":["authorization_code","refresh_token"],"response_types":["code"],"#
                + #""token_endpoint_auth_method":"client_secret_basic","application_type":"web"}"#
        )
        #expect(registration.credential.clientID == "c1" && registration.secretExpiry == nil)
        guard case .clientSecretBasic(let secret) = registration.credential.authentication else {
            Issue.record("not the first method")
            return
        }
        #expect(secret.exposed == "canary-secret")
        #expect(!"\(registration)\(String(reflecting: registration))".contains("canary"))
    }

    @Test("A client on the user's own machine is a native one")
    func native() async throws {
        let metadata = ClientMetadata(name: "S", redirectURIs: ["http://127.0.0.1:8080/connect/callback"])
        let (_, request) = try await register(Self.url, metadata) { _ in answer(200, #"{"client_id":"c"}"#) }
        #expect(text(request)?.contains(#""application_type":"native""#) == true)
    }

    @Test(
        "How the client proves itself is what the answer says",
        arguments: [
            (#""token_endpoint_auth_method":"none""#, "none"),
            (#""token_endpoint_auth_method":"none","client_secret":"s""#, "none"),
            (#""token_endpoint_auth_method":"client_secret_post","client_secret":"s""#, "client_secret_post"),
            (#""client_secret":"s""#, "client_secret_basic"),
            (#""client_name":"x""#, "none"),
        ]
    )
    func methods(members: String, method: String) async throws {
        let (registration, _) = try await register { _ in answer(201, #"{"client_id":"c","# + members + "}") }
        #expect(registration.credential.authentication.name == method)
    }

    @Test(
        "What is no registration is refused",
        arguments: [
            "[]", "{}", #"{"client_id":""}"#, #"{"client_id":7}"#, #"{"client_id":"a\nb"}"#,
            #"{"client_id":"c","token_endpoint_auth_method":"client_secret_basic"}"#,
            #"{"client_id":"c","token_endpoint_auth_method":"private_key_jwt"}"#,
            #"{"client_id":"c","client_secret":"s","client_secret_expires_at":"soon"}"#,
            #"{"client_id":"c","redirect_uris":["https://evil.example/cb"]}"#, "nothing",
        ]
    )
    func malformed(body: String) async throws {
        #expect(try await failure { _ in answer(201, body) }.code == .malformed)
    }

    @Test("A secret that ends says when")
    func expiry() async throws {
        let (registration, _) = try await register { _ in
            answer(201, #"{"client_id":"c","client_secret":"s","client_secret_expires_at":1984445100}"#)
        }
        #expect(registration.secretExpiry == testTime)
    }

    @Test("Refusals, faults and silence are told apart")
    func failures() async throws {
        let refused = try await failure { _ in
            answer(400, #"{"error":"invalid_redirect_uri","error_description":"not here"}"#)
        }
        #expect(refused.code == .refused && refused.message.contains("invalid_redirect_uri"))
        let busy = try await failure { _ in
            answer(503, "{}", ["Content-Type": "application/json", "Retry-After": "7"])
        }
        #expect(busy.code == .unavailable && busy.isTransient && busy.retryAfter == .seconds(7))
        let silent = try await failure { _ in throw HTTPTransportError(.timedOut, "canary", mayHaveBeenSent: true) }
        #expect(silent.code == .unreachable && !silent.message.contains("canary"))
        let page = try await failure { _ in answer(201, "<html>", ["Content-Type": "text/html"]) }
        #expect(page.code == .malformed)
        let redirect = try await failure { _ in
            IncomingResponse(status: 302, headers: ["Location": "https://x.example"])
        }
        #expect(redirect.code == .malformed)
    }

    @Test("No secret is asked for over http, and the answer is bounded")
    func bounds() async throws {
        #expect(try await failure("http://as.example/register") { _ in answer(201, "{}") }.code == .insecureEndpoint)
        let large = #"{"client_id":"c","x":""# + String(repeating: "a", count: RegistrationEndpoint.sizeLimit) + #""}"#
        #expect(try await failure { _ in answer(201, large) }.code == .malformed)
    }

    @Test("The document of a client whose id is its URL says so, and that it has no secret")
    func document() {
        let url = "https://gw.example/.well-known/oauth-client.json"
        #expect(
            Self.metadata.document(at: url).serializedText()
                == #"{"client_id":"https://gw.example/.well-known/oauth-client.json","client_name":"Sallyport","#
                + #""redirect_uris":["https://gw.example/connect/callback"],"#
                + #""grant_types":["authorization_code","refresh_token"],"response_types":["code"],"#
                + #""token_endpoint_auth_method":"none"}"#
        )
    }

    @Test("A client asks for a secret where the server takes one")
    func method() throws {
        func method(_ methods: JSONValue?) throws -> String? {
            var members: JSONObject = ["issuer": "https://as.example"]
            members["token_endpoint_auth_methods_supported"] = methods
            return try AuthorizationServerMetadata(json: .object(members)).registrationMethod
        }
        #expect(try method(nil) == "client_secret_basic")
        #expect(try method(["none", "client_secret_post"]) == "client_secret_post")
        #expect(try method(["none"]) == "none")
        #expect(try method(["private_key_jwt"]) == nil)
    }
}
