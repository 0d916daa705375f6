// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import RouteTable

extension Refusal {
    /// What callers are told of an answer that is of no use.
    init(_ problem: UpstreamProblem, of server: RouteKey) {
        func invalid(_ what: String) -> (Reason, String) {
            (.upstreamInvalid, "The server '\(server)' \(what). Ask its administrator.")
        }
        let (reason, message) =
            switch problem {
            case .contentType: invalid("answers with something that is neither JSON nor an event stream")
            case .status(let status): invalid("answers with status \(status), which is no answer of an MCP server")
            case .failed(let status): invalid("failed with status \(status)")
            case .unwantedStream: invalid("answers with an event stream, which the client does not accept")
            case .sessionID: invalid("names a session in a way that no server may")
            case .wantsToken:
                (
                    .upstreamRejectedToken,
                    "The server '\(server)' wants an access token, and its resource says that it needs none. Ask its "
                        + "administrator to set spec.auth."
                )
            case .rejectedToken:
                (
                    .upstreamRejectedToken,
                    "The server '\(server)' does not accept a fresh access token. Ask its administrator."
                )
            case .rejectedTokenOfLargeRequest:
                (
                    .upstreamRejectedToken,
                    "The server '\(server)' refused the access token, and the request is too large to be sent again. "
                        + "Send it once more."
                )
            case .scopeNeeded:
                (
                    .insufficientScope,
                    "The server '\(server)' wants another scope, and the request is too large to be sent again. Send "
                        + "it once more."
                )
            case .scopesWithoutEnd:
                (
                    .insufficientScope,
                    "The server '\(server)' wants yet another scope each time. Ask its administrator."
                )
            } as (Reason, String)
        self.init(reason, status: reason == .insufficientScope ? 403 : 502, message)
    }

    /// What callers are told when there is no answer.
    init(_ error: HTTPTransportError, of server: RouteKey) {
        let consequence =
            error.mayHaveBeenSent
            ? "It may have been executed; look before sending it again." : "Nothing was sent; try again later."
        switch error.code {
        case .timedOut:
            self.init(
                .upstreamTimeout,
                status: 504,
                "The server '\(server)' did not answer in time. \(consequence)"
            )
        case .shutDown:
            self.init(
                .exchangeUnavailable,
                status: 503,
                "The gateway is being stopped. \(consequence)",
                retryAfter: .seconds(1)
            )
        case .invalidRequest:
            self.init(.badRequest, status: 400, "The request cannot be passed on: a header field is malformed.")
        default:
            self.init(
                .upstreamInvalid,
                status: 502,
                "The server '\(server)' gave no answer (\(error.code.rawValue)). \(consequence)"
            )
        }
    }
}
