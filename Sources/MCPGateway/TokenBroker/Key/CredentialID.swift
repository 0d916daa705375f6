// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OAuth
import OpenSSL

/// Tells credentials apart without telling anything about them: a code under a key that this process made for itself.
///
/// It is made of what is used and not of where it was read, so pushes that change nothing else purge nothing.
struct CredentialID: Hashable, Sendable {
    let bytes: [UInt8]

    /// - Parameters:
    ///   - credential: A client, and what it proves itself with.
    ///   - key: The process's own.
    /// - Throws: `OpenSSLError`.
    init(_ credential: ClientCredential, key: ProcessKey) throws(OpenSSLError) {
        var message = LengthPrefixed()
        message.append(credential.clientID)
        message.append(credential.authentication.name)
        switch credential.authentication {
        case .clientSecretBasic(let secret), .clientSecretPost(let secret): message.append(secret.exposed)
        case .privateKeyJWT(let key, let audience):
            message.append(ifPresent: key.keyID)
            // A key under the same key ID is another credential all the same.
            message.append(key.publicKey.thumbprint)
            message.append(audience)
        case .none: break
        }
        bytes = try HMACSHA256.authenticate(message.bytes, key: key.bytes.exposed)
    }
}
