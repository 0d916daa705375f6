// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// A certificate before it is signed.
struct CertificateDraft: ~Copyable {
    /// What a certificate may be used for.
    enum Role {
        case authority
        case server(AlternativeNames)
    }

    private let certificate: CertificateHandle

    /// Starts a certificate of version 3 for a key, with a random serial number of 127 bits.
    static func start(
        _ request: CertificateRequest,
        for key: borrowing PrivateKey
    ) throws(OpenSSLError) -> CertificateDraft {
        guard (1...64).contains(request.commonName.unicodeScalars.count) else {
            throw OpenSSLError(
                .invalidRequest,
                "Could not issue a certificate: its common name has \(request.commonName.unicodeScalars.count) "
                    + "characters. Use 1 to 64."
            )
        }
        guard request.notBefore <= request.notAfter, let notBefore = time_t(exactly: request.notBefore),
            let notAfter = time_t(exactly: request.notAfter)
        else {
            throw OpenSSLError(
                .invalidRequest,
                "Could not issue a certificate: it would end (\(request.notAfter)) before it begins "
                    + "(\(request.notBefore)). Check the clock."
            )
        }
        ERR_clear_error()
        guard let handle = unsafe X509_new() else { throw Self.failure }
        let draft = CertificateDraft(certificate: unsafe CertificateHandle(handle: handle))
        // Version 3 is written as 2.
        guard unsafe X509_set_version(handle, 2) == 1, unsafe X509_set_pubkey(handle, key.handle) == 1,
            unsafe ASN1_TIME_set(X509_getm_notBefore(handle), notBefore) != nil,
            unsafe ASN1_TIME_set(X509_getm_notAfter(handle), notAfter) != nil
        else { throw Self.failure }
        try draft.setSerialNumber()
        try draft.setSubject(request.commonName)
        return draft
    }

    /// Random and positive, as [RFC 5280 §4.1.2.2](https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.2) asks.
    private borrowing func setSerialNumber() throws(OpenSSLError) {
        var bytes = try RandomBytes.make(count: 16)
        // Neither zero nor, by a set top bit, a byte longer.
        bytes[0] = bytes[0] & 0x3F | 0x40
        guard let number = unsafe BN_bin2bn(bytes, Int32(bytes.count), nil) else { throw Self.failure }
        defer { unsafe BN_free(number) }
        guard unsafe BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.handle)) != nil else {
            throw Self.failure
        }
    }

    private borrowing func setSubject(_ commonName: String) throws(OpenSSLError) {
        let bytes = Array(commonName.utf8)
        let name = unsafe X509_get_subject_name(certificate.handle)
        guard
            unsafe X509_NAME_add_entry_by_NID(
                name,
                NID_commonName,
                copenssl_utf8(),
                bytes,
                Int32(bytes.count),
                -1,
                0
            ) == 1
        else { throw Self.failure }
    }

    /// Adds the extensions of a role; the certificate will be signed by its own key.
    borrowing func add(_ role: Role) throws(OpenSSLError) { try add(role, issuer: certificate) }

    /// Adds the extensions of a role, and takes over the issuer's name.
    borrowing func add(_ role: Role, issuer: borrowing CertificateHandle) throws(OpenSSLError) {
        guard unsafe X509_set_issuer_name(certificate.handle, X509_get_subject_name(issuer.handle)) == 1 else {
            throw Self.failure
        }
        let extensions: [(Int32, String)] =
            switch role {
            case .authority:
                [
                    (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
                    (NID_key_usage, "critical,keyCertSign,cRLSign"),
                    (NID_subject_key_identifier, "hash"),
                ]
            case .server(let names):
                [
                    (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
                    (NID_ext_key_usage, "serverAuth"), (NID_subject_key_identifier, "hash"),
                    (NID_authority_key_identifier, "keyid"), (NID_subject_alt_name, try names.extensionText()),
                ]
            }
        for (identifier, value) in extensions {
            guard unsafe copenssl_add_extension(certificate.handle, issuer.handle, identifier, value) == 1 else {
                throw Self.failure
            }
        }
    }

    /// Signs the certificate, which ends the draft.
    consuming func signed(by key: borrowing PrivateKey) throws(OpenSSLError) -> CertificateHandle {
        // The result is the signature's length.
        guard unsafe X509_sign(certificate.handle, key.handle, EVP_sha256()) > 0 else { throw Self.failure }
        return certificate
    }

    private static var failure: OpenSSLError {
        .last(
            .unavailable,
            "Could not issue a certificate",
            check: "Check OpenSSL's configuration and the memory limit."
        )
    }
}
