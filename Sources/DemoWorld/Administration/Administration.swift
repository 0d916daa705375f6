// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON

/// How tests and people look into the enterprise and disturb it.
struct Administration: Sendable {
    private let enterprise: Enterprise

    init(_ enterprise: Enterprise) { self.enterprise = enterprise }

    /// Answers a request.
    func answer(_ request: DemoRequest) -> DemoAnswer {
        // No program on this machine sends one; a page from somewhere else, in a browser on this machine, does.
        guard request.headers[.origin] == nil else { return .problem(403, "Browsers may not administer this.") }
        do {
            switch (request.method, request.path) {
            case ("GET", "/"), ("GET", "/demo"): return .secret(Self.guide)
            case ("GET", "/demo/counters"): return .secret(enterprise.counters.json)
            case ("DELETE", "/demo/counters"):
                enterprise.resetCounters()
                return DemoAnswer(204)
            case ("GET", "/demo/faults"): return .secret(enterprise.faultTable.json)
            case ("PUT", "/demo/faults"):
                enterprise.setFaults(try FaultTable(json: try body(request)))
                return .secret(enterprise.faultTable.json)
            case ("GET", "/demo/policy"): return .secret(enterprise.identityProvider.policy.json)
            case ("PUT", "/demo/policy"):
                try enterprise.identityProvider.replacePolicy(try body(request))
                return .secret(enterprise.identityProvider.policy.json)
            case ("POST", "/demo/rotate-keys"):
                try enterprise.identityProvider.rotateKeys(keepsOld: try body(request).optional("keepOld") ?? true)
                return .secret(enterprise.identityProvider.keys.json)
            case ("POST", "/demo/revoke-tokens"):
                let resource: String? = try body(request).optional("resource")
                let isOfNotes = resource.map { $0 == enterprise.addresses.resource(.notes) } ?? true
                let revoked = enterprise.authorizationServer.revokeTokens(at: resource)
                return .secret(["revoked": (revoked + (isOfNotes ? enterprise.consentServer.revokeTokens() : 0)).json])
            default: return .problem(404, "There is nothing like this here. GET / says what there is.")
            }
        } catch let error as JSONSyntaxError {
            return .problem(400, "The body is no JSON: \(error).")
        } catch let error as JSONDecodingError {
            return .problem(400, "The body cannot be used: \(error).")
        } catch {
            return .problem(500, "This failed: \(error)")
        }
    }

    /// The body as JSON; an empty one counts as an empty object.
    private func body(_ request: DemoRequest) throws -> JSONValue {
        guard !request.body.isEmpty else { return [:] }
        return try JSONValue(parsing: request.body, limits: DemoListener.jsonLimits)
    }

    private static let guide: JSONValue = [
        "GET /demo/counters": "What each endpoint was called with and answered.",
        "DELETE /demo/counters": "Start counting anew.",
        "GET /demo/faults": "The faults that are set.",
        "PUT /demo/faults": """
        Set faults by endpoint, in the place of all: {"idp.token":{"status":503,"retryAfter":2,"times":1}}.
        """,
        "endpoints": .array(DemoEndpoint.allCases.map { .string($0.name) }),
        "faults": [
            "delay": "Seconds to wait first.",
            "hang": "Never answer.",
            "trickle": "Seconds that each byte of the body takes.",
            "close": "Close the connection: 'before-processing' or 'after-processing'.",
            "status": "Answer with that status, without looking at the request.",
            "error": "The OAuth error of such an answer.",
            "retryAfter": "Seconds in Retry-After.",
            "html": "Answer with a page, as captive portals do.",
            "redirect": "Answer with a redirect to that URL.",
            "headers": "Fields of the answer.",
            "claims": "A merge patch on the claims of tokens that are issued: {\"aud\":\"https://wrong.example\"}.",
            "type": "The header 'typ' of tokens that are issued.",
            "unpublishedKey": "Sign tokens with a key that is not published.",
            "scope": "Grant these scopes at most.",
            "response": "A merge patch on a JSON answer: {\"expires_in\":\"3600\",\"token_type\":null}.",
            "times": "How many requests it happens to; without it all.",
        ],
        "GET /demo/policy": "Who may use what.",
        "PUT /demo/policy": "Put other rows in the place of all.",
        "POST /demo/rotate-keys": """
        Sign with a new key at the identity provider; {"keepOld":false} ends the tokens signed so far.
        """,
        "POST /demo/revoke-tokens": "End opaque access tokens; {\"resource\":…} only those of one MCP server.",
    ]
}
