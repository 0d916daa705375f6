// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI
import RouteTable

/// What became of all references of one resource.
struct ResolvedReferences: Sendable {
    /// `ResolvedRefs`.
    var condition: ConditionState
    var idpClient: RouteClient?
    var authServerClient: RouteClient?
    /// For `status.credentials`; `nil` if no Secret could be read.
    var credentials: MCPServerStatus.Credentials?
    /// Every reference that leads nowhere.
    var problems: [ValidationProblem] = []
    var notes: [String] = []
    /// Leg 2 uses leg 1's own client, because the Secret holds no other.
    var sharesClient = false

    var isComplete: Bool { condition.status == .true }
}
