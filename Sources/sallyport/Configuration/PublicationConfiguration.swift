// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI

/// Where routes are served, and to whom.
struct PublicationConfiguration: Hashable, Sendable {
    /// The files of a certificate that somebody else renews.
    struct CertificateFiles: Hashable, Sendable {
        var certificate: String
        var privateKey: String
    }

    var listen = ListenAddress(host: "0.0.0.0", port: 9_443)
    /// `nil`: in a cluster the operator makes its own, and `serve` speaks http on a loopback address.
    var certificateFiles: CertificateFiles?
    /// What readers present in `serve`, which serves no stream without it.
    var tokenFile: String?
    /// The audience that service account tokens must have.
    var audience = "sallyport-operator"
    /// Whose service account tokens are accepted.
    var serviceAccounts = [ObjectKey(namespace: "sallyport-system", name: "sallyport-gateway")]
}

extension PublicationConfiguration: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        self.init()
        if let text: String = try json.optional("listen"), let address = ListenAddress(text) { listen = address }
        let certificate: String? = try json.optional("certificateFile")
        let privateKey: String? = try json.optional("privateKeyFile")
        if let certificate, let privateKey {
            certificateFiles = CertificateFiles(certificate: certificate, privateKey: privateKey)
        }
        tokenFile = try json.optional("tokenFile")
        audience = try json.optional("audience") ?? audience
        if let accounts: [String] = try json.optional("serviceAccounts") {
            serviceAccounts = accounts.compactMap { account in
                let parts = account.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2, let namespace = parts.first, let name = parts.last else { return nil }
                return ObjectKey(namespace: namespace, name: name)
            }
        }
    }
}
