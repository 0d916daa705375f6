// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The conditions Sallyport writes on an ``MCPServer``; others in the same list belong to others.
package enum ConditionType: String, Hashable, Sendable, CaseIterable {
    /// The spec is valid and may be served by this configuration.
    case accepted = "Accepted"
    /// Every Secret that the spec names is there, permitted and complete.
    case resolvedRefs = "ResolvedRefs"
    /// Every gateway uses the route.
    case programmed = "Programmed"
    /// All of the above.
    case ready = "Ready"

    /// What the condition says when it is True, as a sentence.
    package var meaning: String {
        switch self {
        case .accepted: "The spec is valid, and the configuration permits what it asks for."
        case .resolvedRefs: "Every Secret that the spec names exists, may be used and holds the keys that are needed."
        case .programmed: "Every gateway has taken the route over."
        case .ready: "Accepted, ResolvedRefs and Programmed are all True."
        }
    }
}
