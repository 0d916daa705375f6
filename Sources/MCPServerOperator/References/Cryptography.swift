// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The two things the operator needs of a cryptographic library, so that rules are tested without one.
package struct Cryptography: Sendable {
    /// The SHA-256 of some bytes.
    package var digest: @Sendable (_ bytes: [UInt8]) -> [UInt8]
    /// Why a PEM text is no private key, in full sentences, or `nil` if it is one; never quotes the text.
    package var privateKeyProblem: @Sendable (_ pem: String) -> String?

    package init(
        digest: @escaping @Sendable (_ bytes: [UInt8]) -> [UInt8],
        privateKeyProblem: @escaping @Sendable (_ pem: String) -> String?
    ) {
        self.digest = digest
        self.privateKeyProblem = privateKeyProblem
    }
}
