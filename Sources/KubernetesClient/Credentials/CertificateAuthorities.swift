// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

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
