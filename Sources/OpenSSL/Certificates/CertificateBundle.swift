// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The certificates of a PEM text, in their order: a chain, or authorities to trust.
package struct CertificateBundle: Hashable, Sendable {
    /// At least one certificate.
    package let certificates: [Certificate]

    /// Reads every certificate, stepping over other blocks and over comments.
    ///
    /// - Throws: ``OpenSSLError`` when there is none, or when one cannot be read: a bundle that is trusted in part would
    ///   fail later and elsewhere.
    package init(pem: String) throws(OpenSSLError) {
        let text = try MemoryBIO(pem)
        var certificates: [Certificate] = []
        while let handle = try CertificateHandle.next(in: text, number: certificates.count + 1) {
            certificates.append(try Certificate(handle))
        }
        guard !certificates.isEmpty else { throw OpenSSLError.noCertificate }
        self.certificates = certificates
    }

    /// The number of certificates in a PEM text, all of which can be read.
    package static func count(pem: String) throws(OpenSSLError) -> Int {
        try CertificateBundle(pem: pem).certificates.count
    }
}
