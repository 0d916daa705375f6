// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// What somebody wants to be told about an object.
package struct RecordedEvent: Hashable, Sendable {
    /// Whether somebody should act.
    package var kind: Event.Kind
    /// Why, as one CamelCase word.
    package var reason: String
    /// What was done or attempted, as one CamelCase word.
    package var action: String
    /// What happened, for people.
    package var note: String
    /// What the event is shown with by `kubectl describe`.
    package var regarding: ObjectReference

    package init(_ kind: Event.Kind, reason: String, action: String, note: String, regarding: ObjectReference) {
        self.kind = kind
        self.reason = reason
        self.action = action
        self.note = note
        self.regarding = regarding
    }
}
