// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// A certificate and the private key that belongs to it.
package enum KeyPair {
    /// Checks that a chain can be presented with a key.
    ///
    /// - Parameters:
    ///   - certificateChain: PEM text whose first certificate is the one to present.
    ///   - privateKey: PEM text of its key.
    /// - Throws: ``OpenSSLError`` when either cannot be read, or when they do not belong together.
    package static func verify(certificateChain: String, privateKey: String) throws(OpenSSLError) {
        _ = try CertificateBundle(pem: certificateChain)
        guard let certificate = try CertificateHandle.next(in: try MemoryBIO(certificateChain), number: 1) else {
            throw OpenSSLError.noCertificate
        }
        let key = try PrivateKey(pem: privateKey)
        ERR_clear_error()
        guard unsafe X509_check_private_key(certificate.handle, key.handle) == 1 else {
            throw .last(
                .keyMismatch,
                "Could not use the private key with the certificate",
                check: "Check that both come from the same request, and that the certificate stands first in its chain."
            )
        }
    }
}
