// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A request to send.
package struct OutgoingRequest: Sendable {
    /// An HTTP request method, as sent.
    package struct Method: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
        package var rawValue: String
        package init(rawValue: String) { self.rawValue = rawValue }
        package var description: String { rawValue }

        /// Reads; safe and idempotent.
        package static let get = Method(rawValue: "GET")
        /// As GET, without the body.
        package static let head = Method(rawValue: "HEAD")
        /// Neither safe nor idempotent.
        package static let post = Method(rawValue: "POST")
        /// Replaces; idempotent.
        package static let put = Method(rawValue: "PUT")
        /// Changes in part; idempotent only if the patch is.
        package static let patch = Method(rawValue: "PATCH")
        /// Removes; idempotent.
        package static let delete = Method(rawValue: "DELETE")
    }

    /// What a request carries.
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Chunks pulled one at a time, as fast as the peer takes them. `length` is sent as `Content-Length`; without
        /// it the body is chunked.
        case stream(RequestBody, length: Int?)
    }

    /// Which limit on concurrency a request counts against.
    package enum TrafficClass: Hashable, Sendable {
        /// A request with an answer to wait for.
        case request
        /// A long-lived response: a watch, a route stream, server-sent events.
        case stream
    }

    /// What to do with the resource.
    package var method: Method
    /// An absolute `http` or `https` URL.
    package var url: String
    /// Fields to send; framing fields are the transport's own and are refused.
    package var headers: HTTPHeaders
    /// What goes out after the head.
    package var body: Body
    /// How long each part may take; waiting for a turn counts.
    package var deadlines: Deadlines
    /// The largest response body accepted, in bytes; more is ``HTTPTransportError/Code/bodyTooLarge``.
    ///
    /// `nil` for a stream whose reader sets its own bounds.
    package var maximumResponseBody: Int?
    /// Which limit it counts against, and whether it may share an HTTP/2 connection.
    package var trafficClass: TrafficClass
    /// Whether the transport may send the request a second time when a reused connection turns out dead.
    ///
    /// Only for requests whose repetition changes nothing. Everything else is sent at most once; the caller decides
    /// about retries. See [RFC 9110 §9.2.2](https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2).
    package var mayBeResent: Bool
    /// Where to connect, instead of to what the URL's host resolves to.
    ///
    /// The host stays what the request and the server's certificate are about, and connections to different addresses
    /// are never shared. For a host whose every address has to be reached.
    package var address: IPAddress?

    package init(
        _ method: Method,
        _ url: String,
        headers: HTTPHeaders = [:],
        body: Body = .none,
        deadlines: Deadlines = Deadlines(),
        maximumResponseBody: Int? = 1 << 20,
        trafficClass: TrafficClass = .request,
        mayBeResent: Bool = false,
        address: IPAddress? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadlines = deadlines
        self.maximumResponseBody = maximumResponseBody
        self.trafficClass = trafficClass
        self.mayBeResent = mayBeResent
        self.address = address
    }
}

/// How long each part of a request may take.
///
/// `nil` means without limit; only streams leave ``total`` open, and they set ``idle``.
package struct Deadlines: Hashable, Sendable {
    /// Name resolution, TCP and TLS.
    package var connect: Duration
    /// From the start to the response head.
    package var head: Duration?
    /// The longest silence between two pieces of the response body.
    package var idle: Duration?
    /// From the start to the end of the response body.
    package var total: Duration?

    package init(
        connect: Duration = .seconds(10),
        head: Duration? = .seconds(30),
        idle: Duration? = nil,
        total: Duration? = .seconds(35)
    ) {
        self.connect = connect
        self.head = head
        self.idle = idle
        self.total = total
    }
}
