// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI

/// What the first half of a reconcile found out about a server, for its status.
struct ServerFinding: Sendable {
    /// Of the spec that was looked at.
    var uid: String
    /// Of the spec that was looked at.
    var generation: Int64
    var isSuspended: Bool
    var accepted: ConditionState
    var resolvedRefs: ConditionState
    /// `nil` while the spec has no single mode.
    var authMode: AuthMode?
    /// `nil` if no Secret could be read.
    var credentials: MCPServerStatus.Credentials?
    /// Whether leg 2 uses leg 1's client, which the author is warned of.
    var sharesClient: Bool

    /// Whether it is about that spec and no other one.
    func isAbout(_ record: ServerRecord) -> Bool {
        uid == record.metadata.uid && generation == record.metadata.generation
    }
}
