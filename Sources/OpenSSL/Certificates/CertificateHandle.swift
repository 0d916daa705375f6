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

    init(handle: OpaquePointer) { unsafe self.handle = handle }

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

    /// The DNS names and addresses among the certificate's alternative names.
    borrowing func alternativeNames() throws(OpenSSLError) -> AlternativeNames {
        ERR_clear_error()
        var state: Int32 = 0
        guard let names = unsafe copenssl_alternative_names(handle, &state) else {
            // -1: there are none.
            if state == -1 { return AlternativeNames() }
            throw .last(
                .malformedCertificate,
                "Could not read the names of a certificate",
                check: "Issue the certificate anew."
            )
        }
        defer { unsafe GENERAL_NAMES_free(names) }
        var result = AlternativeNames()
        for index in 0..<max(0, unsafe copenssl_name_count(names)) {
            var type: Int32 = 0
            guard let value = unsafe copenssl_name_at(names, index, &type) else { continue }
            let start = unsafe ASN1_STRING_get0_data(value)
            let count = unsafe Int(ASN1_STRING_length(value))
            let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
            if type == GEN_DNS {
                result.dnsNames.append(String(decoding: bytes, as: UTF8.self))
            } else {
                result.addresses.append(bytes)
            }
        }
        return result
    }

    /// Whether the certificate says that it may sign others.
    var isAuthority: Bool { unsafe X509_check_ca(handle) == 1 }

    /// Whether the certificate bears the signature of `authority` and names it.
    borrowing func isIssued(by authority: borrowing CertificateHandle) -> Bool {
        // A failed check leaves its reason in the queue, where it is nobody's error.
        defer { ERR_clear_error() }
        guard unsafe X509_check_issued(authority.handle, handle) == X509_V_OK else { return false }
        return unsafe X509_verify(handle, X509_get0_pubkey(authority.handle)) == 1
    }

    /// The certificate as a PEM block.
    borrowing func pem() throws(OpenSSLError) -> String {
        let output = try MemoryBIO()
        guard unsafe PEM_write_bio_X509(output.handle, handle) == 1 else {
            throw .last(.unavailable, "Could not write a certificate as text", check: "Check the memory limit.")
        }
        return output.text()
    }
}
