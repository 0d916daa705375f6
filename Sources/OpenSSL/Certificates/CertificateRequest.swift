// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What a certificate that is to be issued says.
package struct CertificateRequest: Hashable, Sendable {
    /// The subject's common name, of at most 64 characters.
    package var commonName: String
    /// The first second in which it is valid, counted from 1970 in UTC.
    package var notBefore: Int64
    /// The last second in which it is valid, counted from 1970 in UTC.
    package var notAfter: Int64

    package init(commonName: String, notBefore: Int64, notAfter: Int64) {
        self.commonName = commonName
        self.notBefore = notBefore
        self.notAfter = notAfter
    }
}
