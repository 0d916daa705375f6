// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
package import KubernetesAPI

/// A Secret, by its full name.
package struct SecretReference: Hashable, Sendable {
    /// Namespace and name.
    package var key: ObjectKey
    /// Whether the Secret is in another namespace than the MCPServer, so that a grant is needed.
    package var isCrossNamespace: Bool
    /// Where in the resource the reference is, for messages.
    package var field: JSONPointer
}

/// An OAuth client whose credentials are in a Secret.
package struct ClientCredentials: Hashable, Sendable {
    /// The Secret.
    package var reference: SecretReference
    /// Where in the Secret the parts are.
    package var keys: CredentialKeys
    /// Decides which keys are required.
    package var method: ClientAuthMethod
    /// Only with `private_key_jwt`; `nil`: the issuer.
    package var assertionAudience: String?

    /// The keys without which the client cannot authenticate.
    package var requiredKeys: [String] { keys.required(for: method) }
}
