// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// Reads the Secrets that resources refer to.
package protocol SecretReader: Sendable {
    /// The Secret as it is now, from memory while nothing changed.
    ///
    /// - Throws: ``APIError`` for a failure that may pass, or `CancellationError`.
    func secret(_ key: ObjectKey) async throws -> SecretLookup
}

/// What became of looking for a Secret.
package enum SecretLookup: Sendable {
    case found(Secret)
    case notFound
    /// The operator may not read it. Holds the API server's own words.
    case denied(String)
}

/// Answers whether a namespace lets another one use its Secrets.
package protocol GrantReader: Sendable {
    /// Whether a `ReferenceGrant` in the Secret's namespace permits MCPServers of `namespace` to refer to it.
    func permitsSecret(_ secret: ObjectKey, from namespace: String) -> Bool
}
