// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A proxy that requests are sent through: `https` inside a tunnel, `http` by naming the whole URL.
///
/// There are no credentials for it: a password in a URL ends up where URLs are shown.
package struct HTTPProxy: Hashable, Sendable, CustomStringConvertible {
    /// How to speak to the proxy itself; with `https` its certificate is checked against the system's authorities.
    package let scheme: HTTPURL.Scheme
    /// In lower case; an IPv6 address keeps its brackets.
    package let host: String
    /// The scheme's own where the URL names none.
    package let port: Int

    /// Reads a URL of scheme, host and port.
    ///
    /// - Throws: ``HTTPTransportError`` with ``HTTPTransportError/Code/invalidRequest``; it does not quote the URL.
    package init(_ text: String) throws(HTTPTransportError) {
        let url = try HTTPURL(text)
        guard url.path == "/", url.query == nil, !text.contains("#") else {
            throw HTTPTransportError(
                .invalidRequest,
                "Could not use the URL of a proxy: it holds more than scheme, host and port. Check 'egress.proxy'."
            )
        }
        (scheme, host, port) = (url.scheme, url.host, url.port)
    }

    /// With the port, whatever it is.
    package var description: String { "\(scheme.rawValue)://\(host):\(port)" }
}
