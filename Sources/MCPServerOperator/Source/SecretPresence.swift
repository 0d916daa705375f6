// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI

/// Waits for the Secrets' metadata, but not for rights that the operator does not have.
///
/// Without them, every server that refers to a Secret says so in its status, and the others work.
struct SecretPresence: SyncedSource {
    let stores: ClusterStores

    func waitUntilSynced(timeout: Duration?, clock: any Clock<Duration>) async throws {
        while !stores.secrets.hasSynced {
            let problems = stores.secrets.problems
            let isKnown = stores.scopes.allSatisfy { scope in
                stores.secrets.syncedTo(in: scope) != nil || problems[scope]?.code == .forbidden
            }
            if isKnown { return }
            try await clock.sleep(for: .milliseconds(20))
        }
    }
}
