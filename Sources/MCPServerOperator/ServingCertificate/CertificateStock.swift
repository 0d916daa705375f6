// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
import OpenSSL

/// The authorities and the serving certificate that all replicas share, as their Secret holds them.
package struct CertificateStock: Sendable, Hashable {
    /// A certificate of whose key nothing is known here.
    package struct Authority: Sendable, Hashable {
        /// One PEM block.
        package var certificate: String
        /// In seconds since 1970.
        package var notBefore: Int64
        /// In seconds since 1970.
        package var notAfter: Int64

        package init(certificate: String, notBefore: Int64, notAfter: Int64) {
            self.certificate = certificate
            self.notBefore = notBefore
            self.notAfter = notAfter
        }
    }

    /// A certificate and its key.
    package struct Pair: Sendable, Hashable {
        /// PEM text, the certificate of the key first.
        package var certificate: String
        /// PEM text.
        package var key: Redacted<String>
        /// In seconds since 1970.
        package var notBefore: Int64
        /// In seconds since 1970.
        package var notAfter: Int64
        /// What a server may be reached by with it.
        package var names: ServingNames
        /// Whether the signer in the stock has signed it.
        package var isOfSigner: Bool

        package init(
            certificate: String,
            key: Redacted<String>,
            notBefore: Int64,
            notAfter: Int64,
            names: ServingNames = ServingNames(),
            isOfSigner: Bool = true
        ) {
            self.certificate = certificate
            self.key = key
            self.notBefore = notBefore
            self.notAfter = notAfter
            self.names = names
            self.isOfSigner = isOfSigner
        }

        /// What is published of it.
        var authority: Authority { Authority(certificate: certificate, notBefore: notBefore, notAfter: notAfter) }
    }

    /// The authority that signs.
    package var signer: Pair?
    /// The one that will sign once every reader trusts it.
    package var successor: Pair?
    /// Those that signed before, newest first; their keys are gone.
    package var retired: [Authority]
    /// What every replica presents.
    package var serving: Pair?

    package init(
        signer: Pair? = nil,
        successor: Pair? = nil,
        retired: [Authority] = [],
        serving: Pair? = nil
    ) {
        self.signer = signer
        self.successor = successor
        self.retired = retired
        self.serving = serving
    }

    /// What readers are to trust, as PEM text: every authority that signs, will sign, or signed something still valid.
    package var bundle: String {
        let authorities = [signer?.authority, successor?.authority].compactMap(\.self) + retired
        // Somebody may have written a block without its last line break.
        return authorities.map { $0.certificate.hasSuffix("\n") ? $0.certificate : $0.certificate + "\n" }.joined()
    }

    /// Lets an authority sign no more, and stay trusted for what it signed.
    mutating func retire(_ authority: Authority) {
        retired.insert(authority, at: 0)
        // More than a sound history has; without an end, a Secret that somebody keeps breaking would grow.
        retired = Array(retired.prefix(4))
    }
}
