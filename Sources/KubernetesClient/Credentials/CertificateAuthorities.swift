// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// Checks a bundle of certificate authorities before it is trusted.
enum CertificateAuthorities {
    /// - Parameter file: Where the bundle came from, for messages.
    static func validate(_ pem: String, file: String? = nil) throws(ClusterConfigurationError) {
        guard !pem.contains("-----BEGIN CERTIFICATE-----") else { return }
        throw ClusterConfigurationError(
            .invalidValue,
            """
            Could not use the certificate authorities\(file.map { " of '\($0)'" } ?? ""): there is no certificate in \
            them. Check that they are PEM text.
            """
        )
    }
}

extension CertificateAuthorities {
    /// Why a client certificate cannot be used, as the end of a sentence about its user; `nil` if it can.
    static func problem(with identity: HTTPClientConfiguration.Identity) -> String? {
        guard identity.certificateChain.contains("-----BEGIN CERTIFICATE-----") else {
            return "has a client certificate that is not PEM text"
        }
        return nil
    }
}
