// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI

/// Turns the cluster and the user of a context into what a client needs.
struct KubeconfigResolver {
    /// Where relative paths start from.
    let directory: String
    let files: FileReader

    func server(_ cluster: KubeconfigNode) throws(ClusterConfigurationError) -> ClusterConfiguration {
        if try cluster.has("proxy-url") {
            throw cluster.problem(
                "asks for a proxy, which this client does not use",
                in: "proxy-url",
                .unsupported,
                advice: "Remove it, and reach the API server directly"
            )
        }
        guard let address = try cluster.text("server") else {
            throw cluster.problem("has no 'server'", advice: "Set the URL of the API server")
        }
        let server: HTTPURL
        do throws(HTTPTransportError) {
            server = try HTTPURL(address)
        } catch {
            throw cluster.problem("is no URL to use (\(error.message))", in: "server")
        }
        return ClusterConfiguration(
            server: server,
            trust: try trust(cluster),
            tlsServerName: try cluster.text("tls-server-name")
        )
    }

    private func trust(_ cluster: KubeconfigNode) throws(ClusterConfigurationError) -> ClusterConfiguration.Trust {
        let authorities = try material(cluster, "certificate-authority")
        if try cluster.flag("insecure-skip-tls-verify") {
            if authorities != nil {
                throw cluster.problem(
                    "is true although the cluster has certificate authorities",
                    in: "insecure-skip-tls-verify",
                    advice: "Keep one of the two"
                )
            }
            return .insecure
        }
        switch authorities {
        case nil: return .system
        case .file(let path, let content):
            try check(content.exposed, in: cluster, "certificate-authority")
            return .authorityFile(path)
        case .data(let content):
            try check(content.exposed, in: cluster, "certificate-authority-data")
            return .authorities(pem: content.exposed)
        }
    }

    private func check(
        _ pem: String,
        in cluster: KubeconfigNode,
        _ key: String
    ) throws(ClusterConfigurationError) {
        do throws(ClusterConfigurationError) {
            try CertificateAuthorities.validate(pem)
        } catch {
            throw cluster.problem("holds no certificate authorities that can be read", in: key)
        }
    }

    func credentials(_ user: KubeconfigNode) throws(ClusterConfigurationError) -> ClusterConfiguration.Credentials {
        for key in ["as", "as-uid", "as-groups", "as-user-extra"] where try user.has(key) {
            throw user.problem(
                "asks for impersonation, which this client does not do",
                in: key,
                .unsupported,
                advice: "Use credentials of the user meant"
            )
        }
        if try user.has("auth-provider") {
            throw user.problem(
                "asks for an authentication provider, which this client does not have",
                in: "auth-provider",
                .unsupported,
                advice: "Use a token, a token file or a client certificate"
            )
        }
        for key in ["username", "password"] where try user.has(key) {
            throw user.problem(
                "asks for a password, which API servers no longer accept",
                in: key,
                .unsupported,
                advice: "Use a token, a token file or a client certificate"
            )
        }
        // A token file is read again when it changes, so it is preferred; both beat a plugin.
        if let path = try user.text("tokenFile") {
            let resolved = absolute(path)
            if try read(resolved, user, "tokenFile").trimmingWhitespace.isEmpty {
                throw user.problem("names the file '\(resolved)', which is empty", in: "tokenFile")
            }
            return .tokenFile(resolved)
        }
        if let token = try user.text("token") { return .token(Redacted(token.trimmingWhitespace)) }
        let hasCertificateFile = try user.has("client-certificate")
        let hasCertificateData = try user.has("client-certificate-data")
        if !hasCertificateFile, !hasCertificateData, try user.has("exec") {
            throw user.problem(
                "asks for a credential plugin, which this client does not run",
                in: "exec",
                .unsupported,
                advice: "Use a token, a token file or a client certificate; 'kubectl create token' makes a token"
            )
        }
        return .none
    }

    func identity(_ user: KubeconfigNode) throws(ClusterConfigurationError) -> HTTPClientConfiguration.Identity? {
        let certificate = try material(user, "client-certificate")
        let key = try material(user, "client-key")
        switch (certificate, key) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            let identity = HTTPClientConfiguration.Identity(
                certificateChain: certificate.content.exposed,
                privateKey: key.content.exposed
            )
            if let problem = CertificateAuthorities.problem(with: identity) { throw user.problem(problem) }
            return identity
        case (_?, nil):
            throw user.problem("has a client certificate and no key", advice: "Set 'client-key' or 'client-key-data'")
        case (nil, _?):
            throw user.problem(
                "has a client key and no certificate",
                advice: "Set 'client-certificate' or 'client-certificate-data'"
            )
        }
    }

    /// PEM text that is in the kubeconfig, or in a file that it names.
    private enum Material {
        case data(Redacted<String>)
        case file(String, Redacted<String>)

        var content: Redacted<String> {
            switch self {
            case .data(let content): content
            case .file(_, let content): content
            }
        }
    }

    private func material(
        _ node: KubeconfigNode,
        _ key: String
    ) throws(ClusterConfigurationError) -> Material? {
        let path = try node.text(key)
        let data = try node.text("\(key)-data")
        switch (path, data) {
        case (nil, nil): return nil
        case (_?, _?):
            throw node.problem("is given although '\(key)-data' is too", in: key, advice: "Keep one of the two")
        case (let path?, nil):
            let resolved = absolute(path)
            return .file(resolved, Redacted(try read(resolved, node, key)))
        case (nil, let data?):
            guard let bytes = Base64.decodeSkippingLineBreaks(data), let text = String(validating: bytes, as: UTF8.self)
            else {
                throw node.problem("must be text in base64", in: "\(key)-data")
            }
            return .data(Redacted(text))
        }
    }

    private func read(
        _ path: String,
        _ node: KubeconfigNode,
        _ key: String
    ) throws(ClusterConfigurationError) -> String {
        do throws(FileReadingError) {
            return try files.text(of: path)
        } catch {
            throw node.problem(
                "names the file '\(error.path)', but \(error.reason)",
                in: key,
                .unreadableFile,
                advice: "Check the path and the permissions of the file"
            )
        }
    }

    private func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return directory.hasSuffix("/") ? directory + path : "\(directory)/\(path)"
    }
}
