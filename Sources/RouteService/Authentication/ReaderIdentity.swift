// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Who reads the route stream, as an authenticator has found out.
package struct ReaderIdentity: Hashable, Sendable {
    /// For logs: `namespace/name` of a service account, or how else the reader is known.
    package var name: String
    /// The pod that the token was made for, which the instance in a report's path must equal.
    ///
    /// `nil` where the token says nothing about a pod.
    package var pod: String?
    /// How much longer the token is valid; the stream ends then.
    ///
    /// `nil`: it does not expire.
    package var lifetime: Duration?

    package init(name: String, pod: String? = nil, lifetime: Duration? = nil) {
        self.name = name
        self.pod = pod
        self.lifetime = lifetime
    }
}
