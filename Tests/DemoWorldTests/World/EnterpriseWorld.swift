// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import TestSupport
import Testing

@testable import DemoWorld

/// An enterprise without sockets, at a time that stands still.
struct EnterpriseWorld {
    /// How a client authenticates in a request.
    enum Proof: Sendable {
        case basic(String, Redacted<String>)
        case post(String, Redacted<String>)
        case assertion(Redacted<String>, id: String?)
        case id(String)
        case nothing
    }

    static let form = "application/x-www-form-urlencoded"
    /// What is asked for at the exchange server for a token for the calendar.
    static let calendarScope = "audience:server:client_id:calendar openid"

    let time = TestTime()
    let enterprise: Enterprise

    init(_ settings: Enterprise.Settings = Enterprise.Settings()) throws {
        var random = SeededGenerator(seed: 42)
        enterprise = try Enterprise(
            addresses: DemoAddresses(
                identityProvider: "https://idp.test",
                authorizationServer: "https://ras.test",
                mcpServers: [
                    .todo: "https://todo.test", .payroll: "https://payroll.test", .notes: "https://notes.test",
                    .calendar: "https://calendar.test", .directory: "https://directory.test",
                    .handbook: "https://handbook.test",
                ],
                administration: "https://demo.test",
                consentServer: "https://consent.test",
                exchangeServer: "https://exchange.test"
            ),
            credentials: try DemoCredentials(using: &random),
            settings: settings,
            time: time.time,
            random: random
        )
    }

    var addresses: DemoAddresses { enterprise.addresses }
    var identityProviderProof: Proof {
        .basic(DemoCredentials.identityProviderClient, enterprise.credentials.identityProvider.secret)
    }
    var authorizationServerProof: Proof {
        .basic(DemoCredentials.authorizationServerClient, enterprise.credentials.authorizationServer.secret)
    }
    var exchangeServerProof: Proof {
        .basic(DemoCredentials.exchangeServerClient, enterprise.credentials.exchangeServer.secret)
    }

    /// An assertion of a client, with claims of its own in the place of the usual ones.
    func assertion(
        _ id: String,
        _ proof: DemoCredentials.Proof,
        audience: String,
        changes: JSONObject = [:]
    ) throws -> Redacted<String> {
        let claims: JSONObject = [
            "iss": .string(id), "sub": .string(id), "aud": .string(audience), "jti": "assertion-1",
            "iat": .integer(time.now.seconds), "exp": .integer(time.now.seconds + 60),
        ]
        let changed = JSONValue.object(claims).merging(patch: .object(changes)).objectValue
        return try JWTSigner(key: try SigningKey(pem: proof.privateKey)).sign(try #require(changed))
    }

    /// Sends a request; a fault that is set happens to it.
    func send(_ request: DemoRequest, to endpoint: DemoEndpoint) -> DemoAnswer {
        enterprise.answer(request, at: endpoint, fault: enterprise.takeFault(endpoint))
    }

    /// Sends a token request.
    func token(_ parameters: [(String, String)], _ proof: Proof, to endpoint: DemoEndpoint) -> DemoAnswer {
        var parameters = parameters
        var headers: HTTPFields = [.contentType: Self.form]
        switch proof {
        case .basic(let id, let secret):
            let pair = "\(Self.encoded(id)):\(Self.encoded(secret.exposed))"
            headers[.authorization] = "Basic \(Base64.encode(Array(pair.utf8)))"
        case .post(let id, let secret): parameters += [("client_id", id), ("client_secret", secret.exposed)]
        case .assertion(let text, let id):
            parameters += [
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", text.exposed),
            ]
            if let id { parameters.append(("client_id", id)) }
        case .id(let id): parameters.append(("client_id", id))
        case .nothing: break
        }
        let body = parameters.map { "\($0.0)=\(Self.encoded($0.1))" }.joined(separator: "&")
        return send(DemoRequest(method: "POST", path: "/token", headers: headers, body: Array(body.utf8)), to: endpoint)
    }

    /// Signs somebody in.
    func signIn(
        _ user: String,
        client: String? = nil,
        audiences: [String]? = nil,
        lifetime: Int64? = nil
    ) throws -> (id: String, refresh: String) {
        var body: JSONObject = ["user": .string(user)]
        body["client"] = client.map(JSONValue.string)
        body["audiences"] = audiences?.json
        body["lifetime"] = lifetime.map(JSONValue.integer)
        let request = DemoRequest(
            method: "POST",
            path: "/demo/sign-in",
            body: JSONValue.object(body).serialized()
        )
        let answer = send(request, to: .signIn)
        try #require(answer.status == 200)
        return (try #require(answer["id_token"]), try #require(answer["refresh_token"]))
    }

    /// The parameters of a token exchange.
    func exchange(
        _ subject: String,
        type: String = TokenKind.idToken,
        _ server: MCPServerName = .todo,
        scope: String? = nil
    ) -> [(String, String)] {
        [
            ("grant_type", RegisteredClient.Grant.tokenExchange.rawValue), ("requested_token_type", TokenKind.idJAG),
            ("audience", addresses.authorizationServer), ("resource", addresses.resource(server)),
            ("subject_token", subject), ("subject_token_type", type),
        ] + (scope.map { [("scope", $0)] } ?? [])
    }

    /// An ID-JAG for a user.
    func idJAG(_ user: String, _ server: MCPServerName = .todo, scope: String? = nil) throws -> String {
        let parameters = exchange(try signIn(user).id, server, scope: scope)
        return try #require(token(parameters, identityProviderProof, to: .identityProviderToken)["access_token"])
    }

    /// The parameters by which an ID-JAG becomes an access token.
    func bearer(_ idJAG: String) -> [(String, String)] {
        [("grant_type", RegisteredClient.Grant.jwtBearer.rawValue), ("assertion", idJAG)]
    }

    /// An access token for a user.
    func accessToken(_ user: String, _ server: MCPServerName = .todo, scope: String? = nil) throws -> String {
        let parameters = bearer(try idJAG(user, server, scope: scope))
        return try #require(token(parameters, authorizationServerProof, to: .authorizationServerToken)["access_token"])
    }

    /// The parameters by which an ID token becomes one of the exchange server, as the gateway sends them.
    func dexExchange(_ subject: String, scope: String = calendarScope) -> [String: String] {
        [
            "grant_type": RegisteredClient.Grant.tokenExchange.rawValue, "requested_token_type": TokenKind.idToken,
            "scope": scope, "subject_token": subject, "subject_token_type": TokenKind.idToken,
            "connector_id": ExchangeServer.connector,
        ]
    }

    /// Sends a request to the exchange server.
    func exchanged(_ parameters: [String: String], _ proof: Proof? = nil) -> DemoAnswer {
        token(parameters.map { ($0, $1) }, proof ?? exchangeServerProof, to: .exchangeToken)
    }

    /// A token of the exchange server for a user.
    func exchangedToken(_ user: String, scope: String = calendarScope) throws -> String {
        try #require(exchanged(dexExchange(try signIn(user).id, scope: scope))["access_token"])
    }

    /// Calls an MCP server.
    func call(
        _ server: MCPServerName,
        _ method: String,
        _ parameters: JSONValue = [:],
        token: String?,
        session: String? = nil
    ) -> DemoAnswer {
        var headers: HTTPFields = [.contentType: "application/json", .accept: "application/json, text/event-stream"]
        headers[.authorization] = token.map { "Bearer \($0)" }
        headers[.mcpSessionID] = session
        let body: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": parameters]
        let request = DemoRequest(method: "POST", path: "/mcp", headers: headers, body: body.serialized())
        return send(request, to: .mcp(server))
    }

    static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                String(UnicodeScalar(byte))
            case UInt8(ascii: " "): "+"
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}

extension DemoAnswer {
    /// The body, if it is JSON.
    var json: JSONValue? {
        guard case .json(let json) = body else { return nil }
        return json
    }

    /// A member of the body that is a text.
    subscript(member: String) -> String? { json?[member]?.stringValue }
}
