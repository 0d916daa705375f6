// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport

/// Where the replicas of the operator are, all of which are told.
package enum RouteReplicas: Hashable, Sendable {
    /// Each at a URL of its own.
    case listed([HTTPURL])
    /// Behind all addresses of one host, which certificates are checked against.
    case resolved(HTTPURL)

    /// The name of the headless Service that resolves to every replica.
    private static let service = "sallyport-operator-replicas"

    /// - Parameters:
    ///   - configured: The URLs of `routes.replicas`; one of them stands for all addresses of its host.
    ///   - url: `routes.url`, from which the rest follows if none is configured: the Service's name takes the place of
    ///     the first label, unless the host is this machine or an address.
    package init(configured: [HTTPURL], url: HTTPURL) {
        if configured.count > 1 {
            self = .listed(configured)
        } else {
            self = .resolved(configured.first ?? Self.besides(url))
        }
    }

    private static func besides(_ url: HTTPURL) -> HTTPURL {
        let bare = url.host.hasPrefix("[") ? String(url.host.dropFirst().dropLast()) : url.host
        let labels = url.host.split(separator: ".", omittingEmptySubsequences: false)
        guard IPAddress(bare) == nil, labels.last != "localhost" else { return url }
        let host = ([Substring(service)] + labels.dropFirst()).joined(separator: ".")
        do { return try HTTPURL("\(url.scheme.rawValue)://\(host):\(url.port)\(url.path)") } catch {
            // The name grew beyond what a host name may have; then there is only the one URL.
            return url
        }
    }
}

/// One replica: a URL, and which of its host's addresses to dial.
struct ReplicaAddress: Hashable, Sendable, CustomStringConvertible {
    var url: HTTPURL
    /// `nil`: whichever the transport finds.
    var address: IPAddress?

    var description: String { url.withoutQuery + (address.map { " at \($0)" } ?? "") }
}
