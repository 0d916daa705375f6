// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A kubeconfig file.
package struct Kubeconfig: Sendable {
    /// Reads a file.
    package init(reading path: String, files: FileReader = .system) throws(ClusterConfigurationError) {
        throw ClusterConfigurationError(.unsupported, "Could not read '\(path)': kubeconfig files are not read yet.")
    }

    /// The configuration of a context, or of the current one.
    package func configuration(
        context: String?,
        environment: [String: String]
    ) throws(ClusterConfigurationError) -> ClusterConfiguration {
        throw ClusterConfigurationError(.unsupported, "")
    }
}
