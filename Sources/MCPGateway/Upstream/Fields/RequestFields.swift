// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON

/// Which of a client's header fields go to an upstream.
///
/// A list of what passes, so that nothing passes that nobody has thought of; a caller's own credentials never do.
enum RequestFields {
    /// The client's session at its server, sealed on the way from the client.
    static let sessionID = "Mcp-Session-Id"

    private static let passing: Set<String> = ["accept", "accept-language", "content-type", "last-event-id"]

    /// The fields of the request to the upstream.
    ///
    /// - Parameters:
    ///   - client: What the client sent.
    ///   - configured: From the resource; they do not replace what passes or what is ours.
    ///   - sessionID: The upstream's own.
    ///   - token: The access token for the upstream.
    ///   - correlationID: Ties the upstream's records to ours.
    /// - Returns: What passes, and what is ours.
    static func upstream(
        _ client: HTTPHeaders,
        configured: [String: String],
        sessionID: String?,
        token: Redacted<String>?,
        correlationID: String
    ) -> HTTPHeaders {
        var fields = HTTPHeaders()
        for field in client where passes(field) { fields.add(name: field.name, value: field.value) }
        if TraceContext.isUsable(client) {
            for name in [TraceContext.parent, TraceContext.state] {
                for value in client.values(of: name) where isClean(value) { fields.add(name: name, value: value) }
            }
        }
        for (name, value) in configured.sorted(by: { $0.key < $1.key }) where mayBeConfigured(name) {
            if fields[name] == nil { fields.add(name: name, value: value) }
        }
        if let sessionID { fields.add(name: Self.sessionID, value: sessionID) }
        if let token { fields.add(name: "Authorization", value: "Bearer \(token.exposed)") }
        fields.add(name: "X-Request-Id", value: correlationID)
        return fields
    }

    /// Whether a client takes event streams, in however roundabout a way it says so.
    static func acceptEvents(_ client: HTTPHeaders) -> Bool {
        let events = "event-stream".utf8
        return client.values(of: "Accept").contains { value in
            // By bytes: this is done for each request, and texts are searched by characters.
            value.utf8.indices.contains { value.utf8[$0...].starts(with: events) }
        }
    }

    private static func passes(_ field: HTTPHeaders.Field) -> Bool {
        let name = field.name.lowercased()
        guard passing.contains(name) || (name.hasPrefix("mcp-") && name != sessionID.lowercased()) else { return false }
        return isClean(field.value)
    }

    private static func isClean(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 }
    }

    /// The operator refuses the others; a gateway does not rely on it.
    private static func mayBeConfigured(_ name: String) -> Bool {
        let name = name.lowercased()
        let refused: Set<String> = [
            "authorization", "cookie", "proxy-authorization", "host", "forwarded", "connection", "keep-alive", "te",
            "trailer", "transfer-encoding", "upgrade", "x-request-id",
        ]
        return !refused.contains(name) && !name.hasPrefix("mcp-") && !name.hasPrefix("content-")
    }
}
