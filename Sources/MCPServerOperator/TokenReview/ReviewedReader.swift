// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// Who reads routes, as the API server has confirmed.
package struct ReviewedReader: Sendable, Hashable {
    /// One of those that the configuration allows.
    package var serviceAccount: ObjectKey
    /// The pod that the token was made for; `nil` where the review names none.
    package var pod: String?
    /// How much longer the token is valid, and at most a day: whatever it opened ends then.
    package var lifetime: Duration

    package init(serviceAccount: ObjectKey, pod: String? = nil, lifetime: Duration) {
        self.serviceAccount = serviceAccount
        self.pod = pod
        self.lifetime = lifetime
    }
}
