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
    }
}

extension OpenSSLError {
    static let noCertificate = OpenSSLError(
        .noCertificate,
        "Could not find a certificate: the text holds no PEM block of that kind. "
            + "Check that it starts with '-----BEGIN CERTIFICATE-----' and is not encoded in Base64 once more."
    )
}
