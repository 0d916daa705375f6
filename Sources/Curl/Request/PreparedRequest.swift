// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// A request that was checked and put into the form that curl takes.
struct PreparedRequest: Sendable {
    let method: String
    let target: RequestTarget
    /// One `Name: value` each, in curl's own notation.
    let headerLines: [String]
    let body: OutgoingRequest.Body
    let isStream: Bool
    /// Whether it may share an HTTP/2 connection with others.
    let mayBeMultiplexed: Bool
    let deadlines: Deadlines
    let maximumResponseBody: Int?
    let mayBeResent: Bool

    /// - Throws: ``HTTPTransportError`` with ``HTTPTransportError/Code/invalidRequest``, or
    ///   ``HTTPTransportError/Code/addressForbidden`` for a host that may not be asked of a proxy, before anything is sent.
    init(
        _ request: OutgoingRequest,
        to target: RequestTarget,
        configuration: HTTPClientConfiguration
    ) throws(HTTPTransportError) {
        self.target = target
        method = request.method.rawValue
        try Self.check(request, target)
        if let host = target.unqualifiedHost {
            throw HTTPTransportError.unqualifiedHost(Self.subject(method, target), host)
        }
        do throws(RequestHeaders.Invalid) {
            headerLines = try RequestHeaders(request.headers, userAgent: configuration.userAgent)
                .lines(host: target.hostField)
        } catch { throw .invalidRequest(Self.subject(method, target), error.reason) }
        body = request.body
        isStream = request.trafficClass == .stream
        mayBeMultiplexed = target.isSecure && !isStream && Self.fitsWindow(request.body)
        deadlines = request.deadlines
        maximumResponseBody = request.maximumResponseBody
        mayBeResent = request.mayBeResent
    }

    /// Method and URL without query, for messages.
    var subject: String { Self.subject(method, target) }

    private static func subject(_ method: String, _ target: RequestTarget) -> String {
        "\(method.prefix(20)) \(target.description)"
    }

    /// A body that is there and goes out together with the head; `nil` for any other.
    var shortBody: [UInt8]? {
        guard case .bytes(let bytes) = body, !bytes.isEmpty, bytes.count <= Self.shortBodyLimit else { return nil }
        return bytes
    }

    /// Longer ones curl sends after the head in any case.
    private static let shortBodyLimit = 32 * 1024

    /// Whether the whole body can leave without waiting for the peer.
    ///
    /// A server may answer and reset the stream without reading the body. If more of it than the first HTTP/2 window of
    /// 64 KiB is still to come, curl 7.88 then turns in a circle until a deadline ends the request.
    private static func fitsWindow(_ body: OutgoingRequest.Body) -> Bool {
        switch body {
        case .none: true
        case .bytes(let bytes): bytes.count <= shortBodyLimit
        case .stream: false
        }
    }

    private static func check(_ request: OutgoingRequest, _ target: RequestTarget) throws(HTTPTransportError) {
        let method = request.method.rawValue
        guard RequestHeaders.isToken(method), method != "CONNECT" else {
            throw HTTPTransportError(
                .invalidRequest,
                "Could not send a request: its method is not one that can be sent. Check who names it."
            )
        }
        switch request.body {
        case .none: break
        case .bytes, .stream:
            guard method != "HEAD" else { throw .invalidRequest(subject(method, target), "a HEAD request has no body") }
        }
        if case .stream(_, let length?) = request.body, length < 0 {
            throw .invalidRequest(subject(method, target), "the declared length of its body is negative")
        }
    }
}
