// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
package import OAuth

/// The keys of one issuer.
package protocol IssuerKeys: Sendable {
    /// Keys for a token that names one of them or none; see `JWKSCache`.
    ///
    /// - Throws: `JWKSError` when there are none, or `CancellationError`.
    func keys(forKeyID keyID: String?) async throws -> JWKSet
}

extension JWKSCache: IssuerKeys {}
