// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// A request that was checked and put into the form that curl takes.
struct PreparedRequest: Sendable {
    let method: String
    /// As curl is given it: put together again from its parsed parts, so curl and the checks read one thing.
    let url: String
    /// `name:port:host:port`: dial the second pair for a URL of the first, for a certificate with another name or for
    /// one of several addresses of a name.
    let connectTo: String?
    /// What it goes through; `nil` for a loopback host, which no proxy can reach, and where an address was given.
    let proxy: HTTPProxy?
    /// One `Name: value` each, in curl's own notation.
    let headerLines: [String]
    let body: OutgoingRequest.Body
    /// Method and URL without query, for messages.
    let subject: String
    /// Scheme, host and port, and the address if one was given: what the limit on concurrency counts by.
    let origin: String
    let isStream: Bool
    /// Whether it may share an HTTP/2 connection with others.
    let mayBeMultiplexed: Bool
    let deadlines: Deadlines
    let maximumResponseBody: Int?
    let mayBeResent: Bool

    /// - Throws: ``HTTPTransportError`` with ``HTTPTransportError/Code/invalidRequest``, or
    ///   ``HTTPTransportError/Code/addressForbidden`` for a host that may not be asked of a proxy, before anything is sent.
    init(_ request: OutgoingRequest, configuration: HTTPClientConfiguration) throws(HTTPTransportError) {
        let target = try HTTPURL(request.url)
        let headers = RequestHeaders(request.headers, userAgent: configuration.userAgent)
        method = request.method.rawValue
        subject = "\(method.prefix(20)) \(target.withoutQuery.prefix(200))"
        try Self.check(request, subject: subject)
        proxy = target.isLoopback || request.address != nil ? nil : configuration.proxy
        if proxy != nil, configuration.addresses != .unrestricted, !target.hasQualifiedName {
            throw HTTPTransportError.unqualifiedHost(subject, target.host)
        }
        if let name = configuration.tlsServerName, target.scheme == .https {
            let verified = try HTTPURL("https://\(name):\(target.port)\(target.path)")
            url = verified.text + (target.query.map { "?\($0)" } ?? "")
            let dialled = request.address.map(Self.host) ?? target.host
            connectTo = "\(verified.host):\(target.port):\(dialled):\(target.port)"
            headerLines = try headers.lines(host: target.authority, subject: subject)
        } else {
            url = target.text
            connectTo = request.address.map { "\(target.host):\(target.port):\(Self.host($0)):\(target.port)" }
            headerLines = try headers.lines(host: nil, subject: subject)
        }
        body = request.body
        origin = target.origin + (request.address.map { " at \($0)" } ?? "")
        isStream = request.trafficClass == .stream
        mayBeMultiplexed = target.scheme == .https && !isStream && Self.fitsWindow(request.body)
        deadlines = request.deadlines
        maximumResponseBody = request.maximumResponseBody
        mayBeResent = request.mayBeResent
    }

    /// The address as a URL's host.
    private static func host(_ address: IPAddress) -> String {
        address.isVersion4 ? address.description : "[\(address)]"
    }

    /// Whether the whole body can leave without waiting for the peer.
    ///
    /// A server may answer and reset the stream without reading the body. If more of it than the first HTTP/2 window of
    /// 64 KiB is still to come, curl 7.88 then turns in a circle until a deadline ends the request.
    private static func fitsWindow(_ body: OutgoingRequest.Body) -> Bool {
        switch body {
        case .none: true
        case .bytes(let bytes): bytes.count <= 32 * 1024
        case .stream: false
        }
    }

    private static func check(_ request: OutgoingRequest, subject: String) throws(HTTPTransportError) {
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
            guard method != "HEAD" else { throw RequestHeaders.invalid(subject, "a HEAD request has no body") }
        }
        if case .stream(_, let length?) = request.body, length < 0 {
            throw RequestHeaders.invalid(subject, "the declared length of its body is negative")
        }
    }
}
