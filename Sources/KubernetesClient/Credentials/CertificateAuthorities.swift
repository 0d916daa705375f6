// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import OpenSSL

/// Checks certificates before they are used, so that a broken file is named where it is read.
enum CertificateAuthorities {
    /// Refuses a bundle that holds no certificate, or one that cannot be read; `file` is where it came from.
    static func validate(_ pem: String, file: String? = nil) throws(ClusterConfigurationError) {
        let problem: String
        do throws(OpenSSLError) {
            if try CertificateBundle.count(pem: pem) > 0 { return }
            problem = "there is no certificate in them"
        } catch {
            problem = "\(error)"
        }
        throw ClusterConfigurationError(
            .invalidValue,
            """
            Could not use the certificate authorities\(file.map { " of '\($0)'" } ?? ""): \(problem). Check that they \
            are PEM text.
            """
        )
    }

    /// Why a client certificate cannot be used, as the end of a sentence about its user; `nil` if it can.
    static func problem(with identity: HTTPClientConfiguration.Identity) -> String? {
        do throws(OpenSSLError) {
            try KeyPair.verify(certificateChain: identity.certificateChain, privateKey: identity.privateKey)
            return nil
        } catch {
            return "has a client certificate and key that cannot be used together (\(error))"
        }
    }
}
