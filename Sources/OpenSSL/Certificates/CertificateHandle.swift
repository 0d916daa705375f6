// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// A certificate owned by OpenSSL, for as long as something is asked of it.
@safe struct CertificateHandle: ~Copyable {
    let handle: OpaquePointer  // X509 *

    /// Reads the next certificate of a text, stepping over other PEM blocks and over comments.
    ///
    /// - Returns: `nil` at the end of the text.
    static func next(in text: borrowing MemoryBIO, number: Int) throws(OpenSSLError) -> CertificateHandle? {
        ERR_clear_error()
        if let handle = unsafe PEM_read_bio_X509(text.handle, nil, { _, _, _, _ in -1 }, nil) {
            return unsafe CertificateHandle(handle: handle)
        }
        if copenssl_is_no_start_line(ERR_peek_last_error()) == 1 {
            ERR_clear_error()
            return nil
        }
        throw .last(
            .malformedCertificate,
            "Could not read certificate \(number) of the text",
            check: "Check that each block is complete, from its BEGIN line to its END line."
        )
    }

    private init(handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe X509_free(handle) }

    /// The distinguished name of the certificate's subject, as RFC 2253 writes it.
    borrowing func subject() throws(OpenSSLError) -> String {
        let output = try MemoryBIO()
        guard unsafe X509_NAME_print_ex(output.handle, X509_get_subject_name(handle), 0, copenssl_name_flags()) >= 0
        else {
            throw .last(
                .malformedCertificate,
                "Could not read the subject of a certificate",
                check: "Issue the certificate anew."
            )
        }
        return output.text()
    }

    /// The first and the last second in which the certificate is valid, since 1970 in UTC.
    borrowing func validity() throws(OpenSSLError) -> (notBefore: Int64, notAfter: Int64) {
        guard let epoch = unsafe ASN1_TIME_set(nil, 0) else {
            throw .last(.unavailable, "Could not start reading dates", check: "Check the memory limit.")
        }
        defer { unsafe ASN1_TIME_free(epoch) }
        return (
            unsafe try Self.seconds(from: epoch, to: X509_get0_notBefore(handle)),
            unsafe try Self.seconds(from: epoch, to: X509_get0_notAfter(handle))
        )
    }

    private static func seconds(
        from epoch: UnsafePointer<ASN1_TIME>,
        to time: UnsafePointer<ASN1_TIME>?
    ) throws(OpenSSLError) -> Int64 {
        var days: Int32 = 0
        var rest: Int32 = 0
        guard let time = unsafe time, unsafe ASN1_TIME_diff(&days, &rest, epoch, time) == 1 else {
            throw .last(
                .malformedCertificate,
                "Could not read the dates of a certificate",
                check: "Issue the certificate anew."
            )
        }
        return Int64(days) * 86_400 + Int64(rest)
    }

    /// The SHA-256 digest of the certificate's DER form.
    borrowing func fingerprint() throws(OpenSSLError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: SHA256.byteCount)
        var count: UInt32 = 0
        guard unsafe X509_digest(handle, EVP_sha256(), &digest, &count) == 1, count == UInt32(digest.count) else {
            throw .last(.unavailable, "Could not digest a certificate", check: "Check OpenSSL's configuration.")
        }
        return digest
    }
}
