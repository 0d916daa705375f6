// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import NIOConcurrencyHelpers
import TestSupport

/// An API server that reviews tokens as a script says.
final class ReviewServer: HTTPClient, HTTPClientFactory {
    private struct State {
        var status: JSONValue = .null
        var failure: Int?
        var held: [CheckedContinuation<Void, Never>] = []
        var isHolding = false
        var bodies: [JSONValue] = []
    }
    private let state = NIOLockedValueBox(State())

    func makeClient(_ configuration: HTTPClientConfiguration) throws -> any HTTPClient { self }

    /// What was asked, in order.
    var bodies: [JSONValue] { state.withLockedValue { $0.bodies } }

    /// Answers with this `status` from now on.
    func answer(_ status: JSONValue) {
        state.withLockedValue { state in
            state.status = status
            state.failure = nil
        }
    }

    /// Accepts every token as that of a service account.
    func accept(_ username: String, audiences: [JSONValue] = ["routes"], pod: String? = nil) {
        var user: JSONObject = ["username": .string(username), "uid": "u-1", "groups": ["system:serviceaccounts"]]
        if let pod { user["extra"] = ["authentication.kubernetes.io/pod-name": [.string(pod)]] }
        answer(["authenticated": true, "user": .object(user), "audiences": .array(audiences)])
    }

    /// Answers with this HTTP status from now on.
    func fail(_ status: Int) { state.withLockedValue { $0.failure = status } }

    /// Lets requests wait from now on, until `false` lets all of them go.
    func hold(_ isHolding: Bool) {
        let held = state.withLockedValue { state in
            state.isHolding = isHolding
            defer { if !isHolding { state.held = [] } }
            return isHolding ? [] : state.held
        }
        for continuation in held { continuation.resume() }
    }

    func send(_ request: OutgoingRequest) async throws -> IncomingResponse {
        guard case .bytes(let bytes) = request.body,
            request.url.hasSuffix("/apis/authentication.k8s.io/v1/tokenreviews")
        else { return IncomingResponse(status: 404) }
        let body = try JSONValue(parsing: bytes)
        state.withLockedValue { $0.bodies.append(body) }
        await withCheckedContinuation { continuation in
            let goesOn = state.withLockedValue { state in
                guard state.isHolding else { return true }
                state.held.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
        try Task.checkCancellation()
        let (status, failure) = state.withLockedValue { ($0.status, $0.failure) }
        if let failure { return IncomingResponse(status: failure) }
        var answer = body.objectValue ?? JSONObject()
        answer["metadata"] = ["creationTimestamp": .null]
        answer["status"] = status
        return IncomingResponse(
            status: 201,
            headers: ["Content-Type": "application/json"],
            body: ResponseBody(bytes: JSONValue.object(answer).serialized(.compact))
        )
    }
}

/// Tokens that look like those of service accounts and are signed by nobody.
enum FakeToken {
    static func make(
        audience: JSONValue? = ["routes"],
        expiry: JSONValue? = .integer(1_800_003_600),
        id: String = "1"
    ) -> String {
        var claims: JSONObject = ["jti": .string(id), "iss": "https://kubernetes.default.svc"]
        claims["aud"] = audience
        claims["exp"] = expiry
        return make(payload: JSONValue.object(claims).serialized(.compact))
    }

    static func make(payload: [UInt8]) -> String {
        [Array("{\"alg\":\"RS256\"}".utf8), payload, Array("signature canary-7f3a".utf8)]
            .map { bytes in
                String(
                    Base64.encode(bytes).compactMap { character -> Character? in
                        switch character {
                        case "+": "-"
                        case "/": "_"
                        case "=": nil
                        default: character
                        }
                    }
                )
            }
            .joined(separator: ".")
    }
}
