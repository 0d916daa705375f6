// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import NIOConcurrencyHelpers

/// Where requests for one URL go under one client's rules, in the form that curl takes.
final class RequestTarget: Sendable {
    /// As curl is given it: put together again from its parsed parts, so curl and the checks read one thing.
    let url: String
    /// `name:port:host:port`: dial the second pair for a URL of the first, for a certificate with another name or for
    /// one of several addresses of a name.
    let connectTo: String?
    /// What it goes through; `nil` for a loopback host, which no proxy can reach, and where an address was given.
    let proxy: HTTPProxy?
    /// The host, if it may not be asked of a proxy.
    let unqualifiedHost: String?
    /// What the `Host` field says; `nil` for the URL's own.
    let hostField: String?
    /// Scheme, host and port, and the address if one was given: what the limit on concurrency counts by.
    let origin: String
    /// Without query and not too long, for messages.
    let description: String
    let isSecure: Bool

    /// - Throws: ``HTTPTransportError`` with ``HTTPTransportError/Code/invalidRequest``.
    init(_ text: String, at address: IPAddress?, _ configuration: HTTPClientConfiguration) throws(HTTPTransportError) {
        let target = try HTTPURL(text)
        isSecure = target.scheme == .https
        description = String(target.withoutQuery.prefix(200))
        proxy = target.isLoopback || address != nil ? nil : configuration.proxy
        let needsName = proxy != nil && configuration.addresses != .unrestricted
        unqualifiedHost = needsName && !target.hasQualifiedName ? target.host : nil
        if let name = configuration.tlsServerName, isSecure {
            let verified = try HTTPURL("https://\(name):\(target.port)\(target.path)")
            url = verified.text + (target.query.map { "?\($0)" } ?? "")
            let dialled = address.map(Self.host) ?? target.host
            connectTo = "\(verified.host):\(target.port):\(dialled):\(target.port)"
            hostField = target.authority
        } else {
            url = target.text
            connectTo = address.map { "\(target.host):\(target.port):\(Self.host($0)):\(target.port)" }
            hostField = nil
        }
        origin = target.origin + (address.map { " at \($0)" } ?? "")
    }

    /// The address as a URL's host.
    private static func host(_ address: IPAddress) -> String {
        address.isVersion4 ? address.description : "[\(address)]"
    }
}

/// The targets of one client that come again and again, so that each URL is read once.
final class RequestTargets: Sendable {
    private static let limit = 1_000
    private static let longestURL = 1_024

    private let known = NIOLockedValueBox<[String: RequestTarget]>([:])

    /// The target of a request.
    ///
    /// - Throws: ``HTTPTransportError`` with ``HTTPTransportError/Code/invalidRequest``.
    func target(
        of request: OutgoingRequest,
        _ configuration: HTTPClientConfiguration
    ) throws(HTTPTransportError) -> RequestTarget {
        if request.address == nil, let target = known.withLockedValue({ $0[request.url] }) { return target }
        let target = try RequestTarget(request.url, at: request.address, configuration)
        // What has a query may hold a secret, and seldom comes again.
        if request.address == nil, request.url.utf8.count <= Self.longestURL,
            !request.url.utf8.contains(UInt8(ascii: "?"))
        {
            known.withLockedValue { known in
                if known.count >= Self.limit { known = [:] }
                known[request.url] = target
            }
        }
        return target
    }
}
