// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import OpenSSL
import TestSupport
import Testing

@testable import OAuth

let idp = "https://idp.cyberdyne-corp.example/oauth2/token"
let authorizationServer = "https://authorization-server.saas-tool.example/"
let saasTool = "https://api.saas-tool.example/"
let testTime = NumericDate(seconds: 1_984_445_100)

/// An answer in JSON, unless another type is given.
func answer(
    _ status: Int,
    _ body: String,
    _ headers: HTTPHeaders = ["Content-Type": "application/json"]
) -> IncomingResponse {
    IncomingResponse(status: status, headers: headers, body: ResponseBody(bytes: Array(body.utf8)))
}

/// The body of a request as text.
func text(_ request: OutgoingRequest?) -> String? {
    guard case .bytes(let bytes) = request?.body else { return nil }
    return String(decoding: bytes, as: UTF8.self)
}

/// A token endpoint that gives one answer, and the transport that remembers what was sent to it.
struct ScriptedEndpoint {
    let endpoint: TokenEndpoint
    let client: ScriptedHTTPClient

    init(
        _ credential: ClientCredential = ClientCredential(clientID: "c1", authentication: .none),
        url: String = idp,
        handler: @escaping ScriptedHTTPClient.Handler
    ) {
        client = ScriptedHTTPClient(handler)
        endpoint = TokenEndpoint(url: url, credential: credential, client: client)
    }

    func send(_ form: TokenForm) async throws -> TokenResponse {
        try await endpoint.send(form, at: testTime, identifier: "j-1")
    }

    /// The error that the answer leads to.
    func failure(_ form: TokenForm = .exchange) async throws -> TokenEndpointError {
        try await #require(throws: TokenEndpointError.self) { try await send(form) }
    }
}

extension TokenForm {
    /// A token exchange whose subject token is a canary.
    static let exchange = TokenExchangeRequest.idJAG(
        subjectToken: Redacted("canary-subject-token.with-parts"),
        subjectTokenType: .idToken,
        audience: authorizationServer,
        resource: saasTool,
        scope: "agent.read agent.write"
    ).form
}

/// Signs ID-JAGs as a provider would.
struct Provider {
    let key: SigningKey

    init() throws { key = try SigningKey(try PrivateKey.make(.ellipticCurve(.p256)), keyID: "k1") }

    static let claims: JSONObject = [
        "jti": "9e43f81b64a33f20116179", "iss": "https://idp.cyberdyne-corp.example/", "sub": "1997e829",
        "aud": .string(authorizationServer), "resource": .string(saasTool),
        "client_id": "https://ai-agent-app.example/",
        "iat": 1_984_445_100, "exp": 1_984_445_160, "scope": "agent.read agent.write",
    ]

    static let expectation = IDJAGExpectation(
        issuer: "https://idp.cyberdyne-corp.example/",
        audience: authorizationServer,
        clientID: "https://ai-agent-app.example/",
        resource: saasTool
    )

    /// The ID-JAG of the draft's example, changed.
    func issue(
        _ changes: JSONObject = [:],
        without removed: [String] = [],
        type: String? = "oauth-id-jag+jwt"
    ) throws -> String {
        var claims = Self.claims
        for (name, value) in changes { claims[name] = value }
        for name in removed { claims[name] = nil }
        return try JWTSigner(key: key, type: type).sign(claims).exposed
    }
}

/// A response read from members, as a token endpoint gives it with status 200.
func tokenResponse(_ members: JSONObject) throws -> TokenResponse {
    try TokenAnswer.read(
        status: 200,
        headers: ["Content-Type": "application/json"],
        body: JSONValue.object(members).serialized(),
        secrets: []
    )
}
