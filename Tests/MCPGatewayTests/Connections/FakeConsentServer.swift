// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import NIOConcurrencyHelpers
import OpenSSL

@testable import MCPGateway

/// An authorization server at which users consent: registers clients, gives codes and rotates refresh tokens.
///
/// A code is made by ``consent(to:_:)``, which stands for the browser of a user who agrees.
final class FakeConsentServer: Sendable {
    /// What an authorization request was made with.
    private struct Request: Sendable {
        var challenge: String
        var clientID: String
        var redirectURI: String
        var resource: String
        var scope: String?
    }

    private struct State: Sendable {
        var registrations: [JSONValue] = []
        var requests: [SentForm] = []
        var codes: [String: Request] = [:]
        var refreshTokens: [String: Request] = [:]
        var serial = 0
        var metadataChanges: JSONObject = [:]
        var handler: TokenHandler = { _, _ in nil }
        var registrationHandler: @Sendable (Int) async throws -> IncomingResponse? = { _ in nil }
        var isSilent = false
        var isDown = false
    }

    let issuer: String
    private let state = NIOLockedValueBox(State())

    init(_ issuer: String = "https://as.example") { self.issuer = issuer }

    /// Token requests so far, in order.
    var requests: [SentForm] { state.withLockedValue { $0.requests } }
    var registrations: [JSONValue] { state.withLockedValue { $0.registrations } }

    func change(_ metadata: JSONObject) { state.withLockedValue { $0.metadataChanges = metadata } }
    /// Has it publish nothing at all.
    func silence() { state.withLockedValue { $0.isSilent = true } }
    /// Has it answer with 503 who asks what it is, or no more.
    func breakDown(_ isDown: Bool) { state.withLockedValue { $0.isDown = isDown } }
    /// Answers token requests; each is numbered from 1.
    func onToken(_ handler: @escaping TokenHandler) { state.withLockedValue { $0.handler = handler } }
    func onRegistration(_ handler: @escaping @Sendable (Int) async throws -> IncomingResponse?) {
        state.withLockedValue { $0.registrationHandler = handler }
    }

    /// A user agrees: the query that the browser brings back.
    ///
    /// - Parameters:
    ///   - url: Where the gateway sent the browser.
    ///   - changes: Parameters to put in the place of the server's own; `nil` leaves one out.
    /// - Returns: Without the question mark.
    func consent(to url: String, _ changes: [(String, String?)] = []) -> String {
        let asked = Self.parameters(url)
        let code = next("canary-code")
        state.withLockedValue { state in
            state.codes[code] = Request(
                challenge: asked["code_challenge"] ?? "",
                clientID: asked["client_id"] ?? "",
                redirectURI: asked["redirect_uri"] ?? "",
                resource: asked["resource"] ?? "",
                scope: asked["scope"]
            )
        }
        var answer: [(String, String?)] = [("code", code), ("state", asked["state"]), ("iss", issuer)]
        for (name, value) in changes {
            answer.removeAll { $0.0 == name }
            answer.append((name, value))
        }
        return answer.compactMap { name, value in value.map { "\(name)=\(Self.encoded($0))" } }.joined(separator: "&")
    }

    /// The parameters of an authorization request.
    static func parameters(_ url: String) -> SentForm {
        let query = url.split(separator: "?", maxSplits: 1).last.map(String.init) ?? ""
        return SentForm(OutgoingRequest(.post, url, body: .bytes(Array(query.utf8)))) ?? SentForm(parameters: [])
    }

    func answer(_ request: OutgoingRequest) async throws -> IncomingResponse? {
        switch request.url {
        case issuer + "/.well-known/oauth-authorization-server":
            let (isSilent, isDown) = state.withLockedValue { ($0.isSilent, $0.isDown) }
            if isDown { return json(503, [:]) }
            return isSilent ? nil : json(200, metadata)
        case issuer + "/register": return try await register(request)
        case issuer + "/token": return try await token(request)
        default: return nil
        }
    }

    private var metadata: JSONObject {
        var members: JSONObject = [
            "issuer": .string(issuer), "authorization_endpoint": .string(issuer + "/authorize"),
            "token_endpoint": .string(issuer + "/token"), "registration_endpoint": .string(issuer + "/register"),
            "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported": ["none"],
            "authorization_response_iss_parameter_supported": true,
        ]
        for (name, value) in state.withLockedValue({ $0.metadataChanges }) {
            members[name] = value == .null ? nil : value
        }
        return members
    }

    private func register(_ request: OutgoingRequest) async throws -> IncomingResponse {
        guard case .bytes(let bytes) = request.body else { return refusing("invalid_client_metadata") }
        let body = try JSONValue(parsing: bytes)
        let (number, handler) = state.withLockedValue { state in
            state.registrations.append(body)
            return (state.registrations.count, state.registrationHandler)
        }
        if let answer = try await handler(number) { return answer }
        return json(201, ["client_id": .string("\(issuer)-client-\(number)"), "token_endpoint_auth_method": "none"])
    }

    private func token(_ request: OutgoingRequest) async throws -> IncomingResponse {
        guard let form = SentForm(request) else { return refusing("invalid_request") }
        let (number, handler) = state.withLockedValue { state in
            state.requests.append(form)
            return (state.requests.count, state.handler)
        }
        if let answer = try await handler(form, number) { return answer }
        let isCode = form["grant_type"] == "authorization_code"
        let found = state.withLockedValue { state in
            isCode
                ? state.codes.removeValue(forKey: form["code"] ?? "")
                : state.refreshTokens.removeValue(forKey: form["refresh_token"] ?? "")
        }
        guard let found, form["resource"] == found.resource else { return refusing("invalid_grant") }
        if isCode {
            let challenge = Base64URL.encode(SHA256.digest(Array((form["code_verifier"] ?? "").utf8)))
            guard challenge == found.challenge, form["redirect_uri"] == found.redirectURI else {
                return refusing("invalid_grant")
            }
        }
        let refreshToken = next("canary-refresh")
        state.withLockedValue { $0.refreshTokens[refreshToken] = found }
        return json(
            200,
            [
                "access_token": .string(next("canary-access")), "token_type": "Bearer", "expires_in": 600,
                "refresh_token": .string(refreshToken), "scope": .string(found.scope ?? ""),
            ]
        )
    }

    private func next(_ name: String) -> String {
        state.withLockedValue { state in
            state.serial += 1
            return "\(name)-\(state.serial)-0123456789"
        }
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + Hexadecimal.text([byte]).uppercased()
        }.joined()
    }
}

/// An MCP server that says where its users consent.
final class FakeConsentingResource: Sendable {
    private struct State: Sendable {
        var issuers = ["https://as.example"]
        var resource = "https://mcp.example/todo"
        var documentPath: String? = "/.well-known/oauth-protected-resource/todo"
        var challenge: String? =
            "Bearer resource_metadata=\"https://mcp.example/.well-known/oauth-protected-resource/todo\""
        var scopes: JSONValue?
    }
    private let state = NIOLockedValueBox(State())

    func move(to issuers: String...) { state.withLockedValue { $0.issuers = issuers } }
    func claim(_ resource: String) { state.withLockedValue { $0.resource = resource } }
    func serveDocument(at path: String?) { state.withLockedValue { $0.documentPath = path } }
    func challenge(_ text: String?) { state.withLockedValue { $0.challenge = text } }
    func support(_ scopes: JSONValue?) { state.withLockedValue { $0.scopes = scopes } }

    func answer(_ request: OutgoingRequest) -> IncomingResponse? {
        let state = state.withLockedValue { $0 }
        guard request.url.hasPrefix("https://mcp.example/") else { return nil }
        if let path = state.documentPath, request.url == "https://mcp.example" + path {
            var members: JSONObject = [
                "resource": .string(state.resource),
                "authorization_servers": .array(state.issuers.map(JSONValue.string)),
            ]
            members["scopes_supported"] = state.scopes
            return json(200, members)
        }
        guard request.url == "https://mcp.example/todo", request.method == .post else { return nil }
        return IncomingResponse(status: 401, headers: state.challenge.map { ["WWW-Authenticate": $0] } ?? [:])
    }
}
