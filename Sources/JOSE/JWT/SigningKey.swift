// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
package import OpenSSL

/// A private key that signs tokens, and what is said of it in their headers.
package final class SigningKey: Sendable {
    /// What it signs with.
    package let algorithm: SignatureAlgorithm
    /// The member `kid`, under which the other side knows the key.
    package let keyID: String?
    /// What the other side checks with.
    package let publicKey: JWK
    private let key: PrivateKey

    /// Takes a key over.
    ///
    /// - Parameters:
    ///   - key: To sign with.
    ///   - keyID: Under which the other side knows it.
    ///   - algorithm: `nil` for the usual one of the key: RS256, the one of its curve, or EdDSA.
    /// - Throws: `OpenSSLError` for a key that signs no tokens, or not with that algorithm.
    package init(
        _ key: consuming PrivateKey,
        keyID: String? = nil,
        algorithm: SignatureAlgorithm? = nil
    ) throws(OpenSSLError) {
        let kind = try key.kind()
        let algorithm = algorithm ?? .standard(for: kind)
        // Once, so that a key that does not work is found when it is read and not when it is needed.
        _ = try key.sign([], scheme: algorithm.scheme)
        let parameters = try key.publicParameters()
        do {
            publicKey = try JWK(parameters, keyID: keyID, algorithm: algorithm)
        } catch {
            throw .unusablePublicPart
        }
        self.algorithm = algorithm
        self.keyID = keyID
        self.key = key
    }

    /// Reads a key from unencrypted PEM.
    package convenience init(
        pem: Redacted<String>,
        keyID: String? = nil,
        algorithm: SignatureAlgorithm? = nil
    ) throws(OpenSSLError) {
        try self.init(try PrivateKey(pem: pem.exposed), keyID: keyID, algorithm: algorithm)
    }

    /// The signature over some bytes.
    func sign(_ bytes: [UInt8]) throws(OpenSSLError) -> [UInt8] { try key.sign(bytes, scheme: algorithm.scheme) }
}
