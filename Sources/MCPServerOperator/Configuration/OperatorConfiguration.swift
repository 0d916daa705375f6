// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// How the operator works, apart from what it trusts.
package struct OperatorConfiguration: Hashable, Sendable {
    /// Reconciles that may run at once.
    package var workers: Int
    /// Whether only Secrets labelled `mcp.giantswarm.io/credentials: "true"` may be used.
    package var requireSecretLabel: Bool
    /// The namespaces to watch; empty for all of them.
    package var watchNamespaces: [String]

    package init(workers: Int = 4, requireSecretLabel: Bool = false, watchNamespaces: [String] = []) {
        self.workers = workers
        self.requireSecretLabel = requireSecretLabel
        self.watchNamespaces = watchNamespaces
    }
}
