// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// A certificate and the private key that belongs to it.
///
/// It has one owner and no copies, like its key.
package struct KeyPair: ~Copyable {
    private let certificate: CertificateHandle
    private let key: PrivateKey

    init(certificate: consuming CertificateHandle, key: consuming PrivateKey) {
        self.certificate = certificate
        self.key = key
    }

    /// Reads both, of which the first certificate counts.
    ///
    /// - Throws: ``OpenSSLError`` when either cannot be read, or when they do not belong together.
    package init(certificateChain: String, privateKey: String) throws(OpenSSLError) {
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
        self.init(certificate: certificate, key: key)
    }

    /// Checks that a chain can be presented with a key.
    ///
    /// - Parameters:
    ///   - certificateChain: PEM text whose first certificate is the one to present.
    ///   - privateKey: PEM text of its key.
    /// - Throws: ``OpenSSLError`` when either cannot be read, or when they do not belong together.
    package static func verify(certificateChain: String, privateKey: String) throws(OpenSSLError) {
        _ = try KeyPair(certificateChain: certificateChain, privateKey: privateKey)
    }

    /// Makes an authority: a new key on P-256, and a certificate signed by that key itself, which may sign certificates
    /// of servers but not other authorities.
    package static func makeAuthority(_ request: CertificateRequest) throws(OpenSSLError) -> KeyPair {
        let key = try PrivateKey.makeP256()
        let draft = try CertificateDraft.start(request, for: key)
        try draft.add(.authority)
        return KeyPair(certificate: try draft.signed(by: key), key: key)
    }

    /// Issues a certificate for a server, with a new key on P-256, signed by this pair's key.
    ///
    /// Does not check that this pair may sign, nor that it stays valid for as long as the new certificate.
    package borrowing func issue(
        _ request: CertificateRequest,
        for names: AlternativeNames
    ) throws(OpenSSLError) -> KeyPair {
        let newKey = try PrivateKey.makeP256()
        let draft = try CertificateDraft.start(request, for: newKey)
        try draft.add(.server(names), issuer: certificate)
        return KeyPair(certificate: try draft.signed(by: key), key: newKey)
    }

    /// The certificate as a PEM block, without any that followed it.
    package borrowing func certificatePEM() throws(OpenSSLError) -> String { try certificate.pem() }

    /// The key in PKCS #8, unencrypted: whoever has the text has the key.
    package borrowing func privateKeyPEM() throws(OpenSSLError) -> String { try key.pem() }
}
