// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A secret that ties a code to whoever asked for it: [RFC 7636 §4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.1).
package struct CodeVerifier: Sendable {
    /// How many random bytes one is made of.
    package static let byteCount = 32

    /// What redeems the code; it goes to the token endpoint and to nowhere else.
    package let text: Redacted<String>

    /// - Parameter random: ``byteCount`` bytes that nobody can foretell.
    package init(random: [UInt8]) { text = Redacted(Base64URL.encode(random)) }

    /// What the authorization server is told beforehand, by the method S256
    /// ([RFC 7636 §4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2)).
    ///
    /// - Parameter digest: SHA-256. A parameter, because this module knows no cryptography.
    /// - Returns: The digest of the verifier, in the alphabet for URLs.
    package func challenge(digest: (_ bytes: [UInt8]) -> [UInt8]) -> String {
        Base64URL.encode(digest(Array(text.exposed.utf8)))
    }
}
