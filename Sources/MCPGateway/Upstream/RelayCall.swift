// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import MCP
import RouteTable

/// One request for one server, with all that is known about it.
struct RelayCall: Sendable {
    let request: ClientRequest
    let session: Session
    let route: VersionedRoute
    /// The route as it is later; `nil` once it is gone.
    let currentRoute: @Sendable () -> VersionedRoute?
    let body: Body
    let correlationID: String

    var server: RouteKey { route.route.key }

    /// What a request carries.
    enum Body: Sendable {
        case none
        /// Kept until the upstream answers.
        case held([UInt8])
        /// Passed on as it comes, once.
        case streamed(RequestBody, length: Int?)

        var mayRepeat: Bool {
            switch self {
            case .none, .held: true
            case .streamed: false
            }
        }

        var outgoing: OutgoingRequest.Body {
            switch self {
            case .none: .none
            case .held(let bytes): .bytes(bytes)
            case .streamed(let body, let length): .stream(body, length: length)
            }
        }

        /// The id of the message in it, to answer it with.
        var messageID: MessageID? {
            guard case .held(let bytes) = self else { return nil }
            do { return MessageID(of: try JSONValue(parsing: bytes, limits: Self.limits)) } catch {
                // What is no message has no id.
                return nil
            }
        }

        private static let limits = JSONLimits(maximumDepth: 64, maximumBytes: 256 << 10, maximumValues: 50_000)
    }
}
