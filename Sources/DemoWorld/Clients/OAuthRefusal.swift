// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JSON

/// Why a token endpoint gives no token, as
/// [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2) has it.
package struct OAuthRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The registered error codes that these servers use.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case invalidScope = "invalid_scope"
        case invalidTarget = "invalid_target"
        case unauthorizedClient = "unauthorized_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case accessDenied = "access_denied"
        case temporarilyUnavailable = "temporarily_unavailable"
    }

    /// The member `error`.
    package let code: Code
    /// The member `error_description`; never holds a token or a secret.
    package let message: String
    /// Another status than the one that follows from the code.
    private let otherStatus: Int?

    package init(_ code: Code, _ message: String, status: Int? = nil) {
        self.code = code
        self.message = message
        otherStatus = status
    }

    package var description: String { "\(code.rawValue): \(message)" }

    /// The status of the answer.
    package var status: Int {
        if let otherStatus { return otherStatus }
        return switch code {
        case .invalidClient: 401
        case .temporarilyUnavailable: 503
        default: 400
        }
    }

    var answer: DemoAnswer {
        var answer = DemoAnswer.secret(
            ["error": .string(code.rawValue), "error_description": .string(message)],
            status: status
        )
        if status == 401 { answer.headers[.wwwAuthenticate] = "Basic realm=\"demonstration\"" }
        if status == 503 { answer.headers[.retryAfter] = "1" }
        return answer
    }
}
