// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// How a client authenticates at a token endpoint, under its
/// [registered names](https://www.rfc-editor.org/rfc/rfc7591#section-2).
package enum ClientAuthMethod: String, Hashable, Sendable, CaseIterable {
    case clientSecretBasic = "client_secret_basic"
    case clientSecretPost = "client_secret_post"
    case privateKeyJWT = "private_key_jwt"
    /// A public client: its id is sent and nothing else.
    case none

    /// What is used where a reference to credentials comes without a method.
    package static let standard = ClientAuthMethod.clientSecretBasic
}
