// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What there is to know about an X.509 certificate before it is trusted or presented.
package struct Certificate: Hashable, Sendable {
    /// The subject's distinguished name, such as `CN=kube-apiserver,O=example`.
    package let subject: String
    /// The first second in which it is valid, counted from 1970 in UTC.
    package let notBefore: Int64
    /// The last second in which it is valid, counted from 1970 in UTC.
    package let notAfter: Int64
    /// The SHA-256 digest of its DER form.
    package let fingerprint: [UInt8]
    /// The DNS names and addresses it is for; names of other kinds are left out.
    package let alternativeNames: AlternativeNames
    /// Whether it may sign other certificates.
    package let isAuthority: Bool

    /// Reads the first certificate of a PEM text; in a chain that is the one the chain is for.
    package init(pem: String) throws(OpenSSLError) {
        guard let handle = try CertificateHandle.next(in: try MemoryBIO(pem), number: 1) else {
            throw OpenSSLError.noCertificate
        }
        try self.init(handle)
    }

    init(_ handle: borrowing CertificateHandle) throws(OpenSSLError) {
        subject = try handle.subject()
        (notBefore, notAfter) = try handle.validity()
        fingerprint = try handle.fingerprint()
        alternativeNames = try handle.alternativeNames()
        isAuthority = handle.isAuthority
    }

    /// Whether a certificate bears the signature of an authority's key and names it as its issuer.
    ///
    /// Dates are not looked at. Of each text the first certificate counts.
    ///
    /// - Throws: ``OpenSSLError`` when one of them cannot be read.
    package static func isIssued(_ certificate: String, by authority: String) throws(OpenSSLError) -> Bool {
        guard let issued = try CertificateHandle.next(in: try MemoryBIO(certificate), number: 1),
            let issuer = try CertificateHandle.next(in: try MemoryBIO(authority), number: 1)
        else { throw OpenSSLError.noCertificate }
        return issued.isIssued(by: issuer)
    }
}

extension OpenSSLError {
    static let noCertificate = OpenSSLError(
        .noCertificate,
        "Could not find a certificate: the text holds no PEM block of that kind. "
            + "Check that it starts with '-----BEGIN CERTIFICATE-----' and is not encoded in Base64 once more."
    )
}
