// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// What browsers are told about pages of other origins, as [Fetch](https://fetch.spec.whatwg.org/#http-cors-protocol) has it.
///
/// Only pages whose origin is configured get this far. Credentials of the browser's own are never allowed: callers
/// authenticate by a token that the page holds.
enum CrossOrigin {
    /// What pages may send, besides what they always may.
    private static let requestFields =
        "authorization, content-type, accept, last-event-id, mcp-session-id, mcp-protocol-version, mcp-method, mcp-name, "
        + "traceparent, tracestate"
    /// What pages may read.
    private static let answerFields =
        "mcp-session-id, mcp-protocol-version, www-authenticate, x-request-id, retry-after"

    /// Whether a request only asks what it may do.
    static func isPreflight(_ request: ClientRequest) -> Bool {
        request.method == "OPTIONS" && request.headers["Access-Control-Request-Method"] != nil
            && request.headers["Origin"] != nil
    }

    /// The answer to such a request, which has no token yet.
    static func preflight(_ methods: [String]) -> ClientAnswer {
        ClientAnswer(
            status: 204,
            headers: [
                "Access-Control-Allow-Methods": methods.joined(separator: ", "),
                "Access-Control-Allow-Headers": requestFields, "Access-Control-Max-Age": "600",
            ]
        )
    }

    /// Lets a page of that origin read an answer.
    static func share(_ headers: inout HTTPHeaders, with origin: String) {
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = answerFields
    }
}
