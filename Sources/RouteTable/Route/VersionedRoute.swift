// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A route together with its version, which is computed once.
///
/// One object, however many hold it: a gateway hands it on for each request.
package final class VersionedRoute: Hashable, Sendable {
    /// What gateways serve.
    package let route: Route
    /// 16 hexadecimal digits; equal on all replicas for equal routes and Secrets.
    package let version: String

    /// Computes the version; `digest` is SHA-256.
    package init(_ route: Route, digest: (_ bytes: [UInt8]) -> [UInt8]) {
        self.route = route
        version = route.version(digest: digest)
    }

    /// A route whose version somebody else has computed.
    package init(route: Route, version: String) {
        self.route = route
        self.version = version
    }

    package static func == (left: VersionedRoute, right: VersionedRoute) -> Bool {
        left === right || (left.version == right.version && left.route == right.route)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(version) }
}
