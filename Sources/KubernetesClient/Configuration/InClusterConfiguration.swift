// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// The configuration that Kubernetes gives every pod with a service account.
package struct InClusterConfiguration: Sendable {
    /// Where the kubelet puts the token, the authorities and the namespace.
    package static let directory = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// Whether the environment is that of a pod.
    package static func isPresent(in environment: [String: String]) -> Bool {
        !(environment["KUBERNETES_SERVICE_HOST"] ?? "").isEmpty
            && !(environment["KUBERNETES_SERVICE_PORT"] ?? "").isEmpty
    }

    /// Reads the configuration.
    ///
    /// A pod without the file of authorities is refused instead of trusting the operating system's: it is a sign of a
    /// broken mount, and the token must not go to whoever answers.
    package static func load(
        environment: [String: String],
        files: FileReader = .system
    ) throws(ClusterConfigurationError) -> ClusterConfiguration {
        guard isPresent(in: environment), let host = environment["KUBERNETES_SERVICE_HOST"],
            let port = environment["KUBERNETES_SERVICE_PORT"]
        else {
            throw ClusterConfigurationError(
                .notInCluster,
                """
                Could not use the in-cluster configuration: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are \
                not both set. Run inside a pod, or name a kubeconfig with --kubeconfig.
                """
            )
        }
        let authority = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let server: HTTPURL
        do throws(HTTPTransportError) {
            server = try HTTPURL("https://\(authority)")
        } catch {
            throw ClusterConfigurationError(
                .invalidValue,
                "Could not use KUBERNETES_SERVICE_HOST '\(host)' and KUBERNETES_SERVICE_PORT '\(port)': \(error.message)"
            )
        }
        try check("ca.crt", files)
        try check("token", files)
        return ClusterConfiguration(
            server: server,
            credentials: .tokenFile("\(directory)/token"),
            trust: .authorityFile("\(directory)/ca.crt"),
            namespace: defaultNamespace(environment: environment, files: files),
            origin: ClusterConfiguration.inClusterOrigin
        )
    }

    /// The namespace meant where a configuration names none: that of the pod, else `default`.
    static func defaultNamespace(environment: [String: String], files: FileReader) -> String {
        if let namespace = environment["POD_NAMESPACE"], !namespace.isEmpty { return namespace }
        do throws(FileReadingError) {
            let namespace = try files.text(of: "\(directory)/namespace").trimmingWhitespace
            return namespace.isEmpty ? "default" : namespace
        } catch {
            // Outside a pod the file is not there.
            return "default"
        }
    }

    private static func check(_ name: String, _ files: FileReader) throws(ClusterConfigurationError) {
        do throws(FileReadingError) {
            guard try files.text(of: "\(directory)/\(name)").trimmingWhitespace.isEmpty else { return }
        } catch {
            throw ClusterConfigurationError(
                .notInCluster,
                """
                Could not use the in-cluster configuration: '\(error.path)' is needed and \(error.reason). Check that \
                the pod mounts its service account's token (automountServiceAccountToken).
                """
            )
        }
        throw ClusterConfigurationError(
            .notInCluster,
            """
            Could not use the in-cluster configuration: '\(directory)/\(name)' is empty. Check the pod's service \
            account.
            """
        )
    }
}
