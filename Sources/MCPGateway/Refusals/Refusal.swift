// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import MCP
package import RouteTable

/// Why a caller does not get what they asked for: whose fault it is, and what to do.
///
/// It quotes no token and nothing of an upstream's answer.
package struct Refusal: Error, Hashable, Sendable {
    /// What callers tell apart; a closed set, so it is also a metric label.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case unauthenticated = "Unauthenticated"
        case reauthenticationRequired = "ReauthenticationRequired"
        case stepUpRequired = "StepUpRequired"
        case policyDenied = "PolicyDenied"
        case subjectTokenRequired = "SubjectTokenRequired"
        case issuerMismatch = "IssuerMismatch"
        case connectionRequired = "ConnectionRequired"
        case connectionInvalid = "ConnectionInvalid"
        case insufficientScope = "InsufficientScope"
        case forbiddenOrigin = "ForbiddenOrigin"
        case forbiddenHost = "ForbiddenHost"
        case unknownServer = "UnknownServer"
        case unknownSession = "UnknownSession"
        case unknownPath = "UnknownPath"
        case methodNotAllowed = "MethodNotAllowed"
        case requestTooLarge = "RequestTooLarge"
        case badRequest = "BadRequest"
        case tooManyStreams = "TooManyStreams"
        case serverMisconfigured = "ServerMisconfigured"
        case upstreamRejectedToken = "UpstreamRejectedToken"
        case upstreamInvalid = "UpstreamInvalid"
        case upstreamTimeout = "UpstreamTimeout"
        case exchangeUnavailable = "ExchangeUnavailable"
    }

    /// The code of all errors that are the gateway's own, in the range that JSON-RPC leaves to servers.
    static let code: Int64 = -32_010

    /// What callers tell apart.
    package var reason: Reason
    /// Of the answer; an HTTP status code.
    package var status: Int
    /// A sentence that says what is wrong, and what to do about it.
    package var message: String
    /// When to come again.
    package var retryAfter: Duration?
    /// The value of `WWW-Authenticate`, for a status of 401.
    package var challenge: String?
    /// The value of `Allow`, for a status of 405.
    package var allow: String?
    /// Which servers there are, where that helps.
    package var servers: [RouteKey]?

    package init(
        _ reason: Reason,
        status: Int,
        _ message: String,
        retryAfter: Duration? = nil,
        challenge: String? = nil,
        allow: String? = nil,
        servers: [RouteKey]? = nil
    ) {
        self.reason = reason
        self.status = status
        self.message = message
        self.retryAfter = retryAfter
        self.challenge = challenge
        self.allow = allow
        self.servers = servers
    }

    /// As callers get it.
    ///
    /// - Parameters:
    ///   - id: Of the JSON-RPC request, as far as it is known.
    ///   - server: Which one it was about.
    ///   - correlationID: Ties it to the records.
    /// - Returns: A JSON-RPC error.
    func answer(to id: MessageID?, about server: RouteKey?, _ correlationID: String) -> ClientAnswer {
        var data: JSONObject = ["reason": .string(reason.rawValue)]
        if let server { data["server"] = .string(server.description) }
        data["correlationID"] = .string(correlationID)
        if let seconds { data["retryAfter"] = .integer(seconds) }
        if let servers { data["servers"] = .array(servers.map { .string($0.description) }) }
        let message = ErrorMessage(answering: id, code: Self.code, message, data: .object(data))
        var headers: HTTPHeaders = ["Content-Type": "application/json", "Cache-Control": "no-store"]
        if let seconds { headers["Retry-After"] = String(seconds) }
        if let challenge { headers["WWW-Authenticate"] = challenge }
        if let allow { headers["Allow"] = allow }
        return ClientAnswer(status: status, headers: headers, body: .bytes(message.json.serialized(.compact)))
    }

    /// Whole seconds, rounded up, and at least one.
    private var seconds: Int64? {
        retryAfter.map { wait in
            let (seconds, rest) = wait.components
            return max(seconds < .max && rest > 0 ? seconds + 1 : seconds, 1)
        }
    }
}
