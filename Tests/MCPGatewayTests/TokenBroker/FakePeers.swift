// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import NIOConcurrencyHelpers
import OpenSSL

@testable import MCPGateway

/// The parameters of a token request.
struct SentForm: Sendable {
    let parameters: [(name: String, value: String)]
    let authorization: String?

    init(parameters: [(String, String)]) {
        self.parameters = parameters.map { (name: $0.0, value: $0.1) }
        authorization = nil
    }

    init?(_ request: OutgoingRequest) {
        guard case .bytes(let bytes) = request.body else { return nil }
        authorization = request.headers["Authorization"]
        parameters = String(decoding: bytes, as: UTF8.self).split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decode(parts[0]), parts.count == 2 ? Self.decode(parts[1]) : "")
        }
    }

    subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    private static func decode(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What a client with that secret sends as `Authorization`.
func basic(_ clientID: String, _ secret: String) -> String {
    "Basic " + Base64.encode(Array("\(clientID):\(secret)".utf8))
}

/// An answer in JSON.
func json(_ status: Int = 200, _ members: JSONObject, _ headers: HTTPHeaders = [:]) -> IncomingResponse {
    var headers = headers
    headers["Content-Type"] = "application/json"
    return IncomingResponse(
        status: status,
        headers: headers,
        body: ResponseBody(bytes: JSONValue.object(members).serialized())
    )
}

/// An OAuth error.
func refusing(_ error: String, _ more: JSONObject = [:], status: Int = 400) -> IncomingResponse {
    var members = more
    members["error"] = .string(error)
    return json(status, members)
}

/// Answers a token request in its own way; `nil` leaves it to the peer.
typealias TokenHandler = @Sendable (_ form: SentForm, _ number: Int) async throws -> IncomingResponse?

/// An identity provider that signs users in, renews their tokens and issues ID-JAGs.
final class FakeProvider: Sendable {
    static let issuer = "https://idp.example"
    static let tokenEndpoint = "https://idp.example/token"

    private struct State: Sendable {
        var exchanges: [SentForm] = []
        var renewals: [SentForm] = []
        var serial = 0
        var handler: TokenHandler = { _, _ in nil }
        var renewalHandler: TokenHandler = { _, _ in nil }
        var metadata: JSONObject?
        var keysAreServed = true
        var changes: JSONObject = [:]
    }

    let key: SigningKey
    private let now: @Sendable () -> NumericDate
    private let state = NIOLockedValueBox(State())

    init(now: @escaping @Sendable () -> NumericDate) throws {
        key = try SigningKey(try PrivateKey.make(.ellipticCurve(.p256)), keyID: "k1")
        self.now = now
    }

    var exchanges: [SentForm] { state.withLockedValue { $0.exchanges } }
    var renewals: [SentForm] { state.withLockedValue { $0.renewals } }

    /// Answers exchanges; each is numbered from 1.
    func onExchange(_ handler: @escaping TokenHandler) { state.withLockedValue { $0.handler = handler } }
    func onRenewal(_ handler: @escaping TokenHandler) { state.withLockedValue { $0.renewalHandler = handler } }
    /// Changes the claims of the ID-JAGs to come.
    func changeAssertions(_ claims: JSONObject) { state.withLockedValue { $0.changes = claims } }
    func serveKeys(_ areServed: Bool) { state.withLockedValue { $0.keysAreServed = areServed } }
    func serveMetadata(_ metadata: JSONObject?) { state.withLockedValue { $0.metadata = metadata } }

    func idToken(
        _ subject: String,
        session: String? = "s1",
        lifetime: Duration = .seconds(3_600),
        _ changes: JSONObject = [:]
    ) throws -> Redacted<String> {
        var claims: JSONObject = [
            "iss": .string(Self.issuer), "sub": .string(subject), "aud": "sallyport",
            "iat": .integer(now().seconds), "exp": .integer(now().advanced(by: lifetime).seconds),
            "jti": .string("id-\(next())"),
        ]
        claims["sid"] = session.map(JSONValue.string)
        for (name, value) in changes { claims[name] = value == .null ? nil : value }
        return try JWTSigner(key: key).sign(claims)
    }

    /// The ID-JAG that an exchange is answered with.
    func assertion(_ form: SentForm, _ changes: JSONObject = [:], type: String = "oauth-id-jag+jwt") throws -> String {
        let subject: String
        do {
            subject = try UnverifiedJWT(Redacted(form["subject_token"] ?? "")).claims.subject ?? ""
        } catch { subject = "by-refresh-token" }
        var claims: JSONObject = [
            "iss": .string(Self.issuer), "sub": .string(subject), "client_id": .string(FakeAuthServer.clientID),
            "aud": .string(form["audience"] ?? ""), "jti": .string("jag-\(next())"),
            "iat": .integer(now().seconds), "exp": .integer(now().advanced(by: .seconds(300)).seconds),
        ]
        claims["resource"] = form["resource"].map(JSONValue.string)
        claims["scope"] = form["scope"].map(JSONValue.string)
        for (name, value) in changes { claims[name] = value == .null ? nil : value }
        return try JWTSigner(key: key, type: type).sign(claims).exposed
    }

    static func granting(_ assertion: String, _ changes: JSONObject = [:]) -> IncomingResponse {
        var members: JSONObject = [
            "access_token": .string(assertion), "token_type": "N_A", "expires_in": 300,
            "issued_token_type": "urn:ietf:params:oauth:token-type:id-jag",
        ]
        for (name, value) in changes { members[name] = value == .null ? nil : value }
        return json(200, members)
    }

    func answer(_ request: OutgoingRequest) async throws -> IncomingResponse? {
        switch request.url {
        case "https://idp.example/.well-known/openid-configuration":
            return json(
                200,
                state.withLockedValue { $0.metadata } ?? [
                    "issuer": .string(Self.issuer), "token_endpoint": .string(Self.tokenEndpoint),
                    "jwks_uri": "https://idp.example/keys",
                ]
            )
        case "https://idp.example/keys":
            guard state.withLockedValue({ $0.keysAreServed }) else { return IncomingResponse(status: 503) }
            return json(200, ["keys": .array([key.publicKey.json])])
        case Self.tokenEndpoint: return try await token(request)
        default: return nil
        }
    }

    private func token(_ request: OutgoingRequest) async throws -> IncomingResponse {
        guard let form = SentForm(request) else { return refusing("invalid_request") }
        if form["grant_type"] == "refresh_token" { return try await renew(form) }
        let (number, handler, changes) = state.withLockedValue { state in
            state.exchanges.append(form)
            return (state.exchanges.count, state.handler, state.changes)
        }
        if let answer = try await handler(form, number) { return answer }
        return Self.granting(try assertion(form, changes))
    }

    private func renew(_ form: SentForm) async throws -> IncomingResponse {
        let (number, handler) = state.withLockedValue { state in
            state.renewals.append(form)
            return (state.renewals.count, state.renewalHandler)
        }
        if let answer = try await handler(form, number) { return answer }
        return json(
            200,
            [
                "access_token": "unused", "token_type": "Bearer",
                "refresh_token": .string("canary-refresh-\(number + 1)"),
                "id_token": .string(try idToken("alice").exposed),
            ]
        )
    }

    private func next() -> Int {
        state.withLockedValue { state in
            state.serial += 1
            return state.serial
        }
    }
}

/// An authorization server that takes each ID-JAG once.
final class FakeAuthServer: Sendable {
    static let issuer = "https://as.example"
    static let tokenEndpoint = "https://as.example/token"
    static let clientID = "as-client"

    private struct State: Sendable {
        var redemptions: [SentForm] = []
        var seen: Set<String> = []
        var replays = 0
        var handler: TokenHandler = { _, _ in nil }
        var metadata: JSONObject?
        var metadataRequests = 0
        var isReachable = true
    }

    private let state = NIOLockedValueBox(State())

    var redemptions: [SentForm] { state.withLockedValue { $0.redemptions } }
    var replays: Int { state.withLockedValue { $0.replays } }
    var metadataRequests: Int { state.withLockedValue { $0.metadataRequests } }

    /// Answers redemptions; each is numbered from 1.
    func onRedemption(_ handler: @escaping TokenHandler) { state.withLockedValue { $0.handler = handler } }
    func serveMetadata(_ metadata: JSONObject?) { state.withLockedValue { $0.metadata = metadata } }
    func setReachable(_ isReachable: Bool) { state.withLockedValue { $0.isReachable = isReachable } }

    static func granting(_ token: String, _ changes: JSONObject = [:]) -> IncomingResponse {
        var members: JSONObject = ["access_token": .string(token), "token_type": "Bearer", "expires_in": 600]
        for (name, value) in changes { members[name] = value == .null ? nil : value }
        return json(200, members)
    }

    func answer(_ request: OutgoingRequest) async throws -> IncomingResponse? {
        switch request.url {
        case "https://as.example/.well-known/oauth-authorization-server":
            let (metadata, isReachable) = state.withLockedValue { state in
                state.metadataRequests += 1
                return (state.metadata, state.isReachable)
            }
            guard isReachable else { throw HTTPTransportError(.connectionFailed, "refused") }
            return json(
                200,
                metadata ?? ["issuer": .string(Self.issuer), "token_endpoint": .string(Self.tokenEndpoint)]
            )
        case Self.tokenEndpoint, "https://as.example/other": return try await token(request)
        default: return nil
        }
    }

    private func token(_ request: OutgoingRequest) async throws -> IncomingResponse {
        guard let form = SentForm(request), let assertion = form["assertion"] else {
            return refusing("invalid_request")
        }
        let (number, isReplay, handler) = state.withLockedValue { state in
            state.redemptions.append(form)
            let isReplay = !state.seen.insert(assertion).inserted
            if isReplay { state.replays += 1 }
            return (state.redemptions.count, isReplay, state.handler)
        }
        if isReplay { return refusing("invalid_grant") }
        if let answer = try await handler(form, number) { return answer }
        let subject = try UnverifiedJWT(Redacted(assertion)).claims.subject ?? ""
        return Self.granting(
            "canary-access-\(subject)-\(number)",
            ["scope": form["scope"].map(JSONValue.string) ?? .null]
        )
    }
}
