// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A cluster configuration that cannot be found or used.
///
/// Never holds a token, a key or a certificate.
package struct ClusterConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of problem it is.
    package enum Code: String, Sendable, CaseIterable {
        /// A file cannot be read.
        case unreadableFile = "unreadable_file"
        /// A file is not YAML.
        case invalidSyntax = "invalid_syntax"
        /// A value is missing, of the wrong type, or contradicts another.
        case invalidValue = "invalid_value"
        /// A way of authentication that this client does not have.
        case unsupported
        /// Not in a pod, or in one without a service account.
        case notInCluster = "not_in_cluster"
        /// Credentials would be sent without TLS.
        case insecureCredentials = "insecure_credentials"
    }

    /// What tests and exit codes tell apart.
    package var code: Code
    /// What was attempted, what was found, with file, line and column where there is one, and what to check.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
